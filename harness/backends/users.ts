/** Users of this system. */
import { readFileSync } from 'node:fs';
import { InfrastructureError } from '../base/errors.ts';

/**
 * Ids of the user that a server runs as; `undefined` where we are not root: then it runs as we do.
 * @throws InfrastructureError when there is no such user
 */
export function userIds(name: string): { readonly uid: number; readonly gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith(`${name}:`));
  const [, , uid, gid] = line?.split(':') ?? [];
  if (uid === undefined || gid === undefined) throw new InfrastructureError(`this system has no user "${name}"`);
  return { uid: Number(uid), gid: Number(gid) };
}
