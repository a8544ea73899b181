/** What was given after `--impl`. */
import { UsageError } from '../base/errors.ts';

/**
 * @param server what a command after `exec:` runs on
 * @throws UsageError for none
 */
export function namesOf(references: string, server?: string): string[] {
  // Commas, too, belong to a command.
  if (references.startsWith('exec:') && server !== undefined) return [references.replace('exec:', `exec+${server}:`)];
  if (/^exec[+:]/.test(references)) return [references];
  const names = references
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  if (names.length === 0) throw new UsageError('--impl needs the name or the path of a lock');
  return names;
}
