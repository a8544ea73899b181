/** The command that a run was. */
import { redactAddress } from '../backends/address.ts';

/** As a shell takes it for one word. */
const quoted = (word: string): string =>
  /^[\w@%+=:,./-]+$/u.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;

/** As it could be typed, but for credentials. */
export function commandOf([command = '', ...args]: readonly string[]): string {
  return ['npm run', command, ...(args.length === 0 ? [] : ['--', ...args.map(redactAddress).map(quoted)])].join(' ');
}
