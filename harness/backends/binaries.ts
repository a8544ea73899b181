/** Where a server's program is on this machine. */
import { accessSync, constants, existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { ServerDefinition } from './servers/server.ts';

/** Debian keeps some servers out of a user's PATH; of PostgreSQL it has each major version in a folder of its own. */
const MORE_FOLDERS = ['/usr/sbin', '/usr/local/sbin', ...versionsUnder('/usr/lib/postgresql', 'bin')];

/** Servers that this program builds are kept here, by version, outside of any project. */
function cacheFolder(): string {
  const base = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  return join(base, 'holdfast', 'bin');
}

/** File of a server that is built from its Go module, or starts one that was unpacked. */
export function builtBinary(server: ServerDefinition): string | undefined {
  const { source, command } = server.native;
  if (source.kind === 'debian') return undefined;
  return join(cacheFolder(), source.kind === 'go' ? `${command}-${source.version}` : command);
}

/** Path of the server's program, or `undefined` when it is not installed. */
export function findBinary(server: ServerDefinition): string | undefined {
  if (server.native.needs?.some((file) => !existsSync(file))) return undefined;
  const built = builtBinary(server);
  if (built !== undefined && isExecutable(built)) return built;
  return findCommand(server.native.command);
}

/** `folder/<version>/below`, the newest first. */
function versionsUnder(folder: string, below: string): string[] {
  if (!existsSync(folder)) return [];
  const versions = readdirSync(folder).toSorted((a, b) => Number(b) - Number(a));
  return versions.map((version) => join(folder, version, below));
}

export function findCommand(command: string): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), ...MORE_FOLDERS];
  return folders.map((folder) => join(folder, command)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
