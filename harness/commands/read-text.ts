import { readFileSync, statSync } from 'node:fs';
import { UsageError } from '../base/errors.ts';

/** No plan is so large, and no report of weeks; a text of twice this length cannot be made at all. */
const MAX_BYTES = 256 << 20;

/** A user's file in memory. @throws UsageError for one that would fill it */
export function readText(file: string, maxBytes = MAX_BYTES): string {
  const { size } = statSync(file);
  if (size > maxBytes) throw new UsageError(`${file}: ${size} bytes, at most ${maxBytes} are read`);
  return readFileSync(file, 'utf8');
}
