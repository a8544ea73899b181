/** What was given after `--impl`. */
import { UsageError } from '../base/errors.ts';

/** @throws UsageError for none */
export function namesOf(references: string): string[] {
  const names = references
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  if (names.length === 0) throw new UsageError('--impl needs the name or the path of a lock');
  return names;
}
