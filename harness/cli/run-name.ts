/** What a run is called, and the command that it was. */
import { redactAddress } from '../backends/address.ts';
import type { LockUnderTest } from '../run/request.ts';

/** When, and of which lock. */
export function runName(startedAt: Date, locks: readonly LockUnderTest[]): string {
  const [first, second] = locks;
  const what = second === undefined ? (first?.module.name ?? '') : 'locks';
  return `${startedAt.toISOString().slice(0, 19).replaceAll(':', '-')}-${what}`;
}

/** Names of locks may hold what names of files may not. */
export const fileName = (name: string): string => name.replaceAll(/[^\w.-]/g, '-');

/** As a shell takes it for one word. */
const quoted = (word: string): string =>
  /^[\w@%+=:,./-]+$/u.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;

/** As it could be typed, but for credentials. */
export function commandOf([command = '', ...args]: readonly string[]): string {
  return ['npm run', command, ...(args.length === 0 ? [] : ['--', ...args.map(redactAddress).map(quoted)])].join(' ');
}
