/** The command that a run was. */
import { callOf } from '../base/call.ts';
import { redactAddress } from '../backends/address.ts';

/** As a shell takes it for one word. */
const quoted = (word: string): string =>
  /^[\w@%+=:,./-]+$/u.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;

/** As it could be typed, but for credentials. */
export function commandOf([command = '', ...args]: readonly string[]): string {
  return callOf(command, ...args.map(redactAddress).map(quoted));
}
