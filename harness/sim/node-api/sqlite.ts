/**
 * SQLite itself, on files that are memory: each world has its own. The library runs for real, for it waits for nothing; a
 * process that is killed leaves its connections closed, as its system would.
 */
import type * as nodeSqlite from 'node:sqlite';
import { createRequire } from 'node:module';
import { threadId } from 'node:worker_threads';
import { activeWorld, callerIn } from '../engine/active.ts';
import type { World } from '../engine/world.ts';

type Sqlite = typeof nodeSqlite;

const names = new WeakMap<World, string>();
let worlds = 0;

/** A name that no other world has: databases of this kind are shared by their names, among all threads of the process. */
function nameOf(world: World, path: string): string {
  const name = names.get(world) ?? `world-${threadId}-${++worlds}`;
  names.set(world, name);
  return `file:/${name}${encodeURI(path)}?vfs=memdb`;
}

/** Not in every Node that runs the simulation. @returns the module, and its database for simulated processes */
export function simulatedSqlite(): { readonly sqlite: Sqlite; readonly Database: Sqlite['DatabaseSync'] } | undefined {
  let sqlite: Sqlite;
  try {
    sqlite = createRequire(import.meta.url)('node:sqlite') as Sqlite;
  } catch {
    // Then nothing here uses it either.
    return undefined;
  }
  class SimDatabase extends sqlite.DatabaseSync {
    readonly #path: string;

    constructor(path: string, options: nodeSqlite.DatabaseSyncOptions = {}) {
      const world = activeWorld();
      super(world === undefined ? path : nameOf(world, path), options);
      this.#path = path;
      if (world !== undefined) callerIn(world).leaves(() => this.#leave());
    }

    override location(name?: string): string | null {
      return activeWorld() === undefined ? super.location(name) : this.#path;
    }

    #leave(): void {
      if (this.isOpen) this.close();
    }
  }
  return { sqlite, Database: SimDatabase };
}
