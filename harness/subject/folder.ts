/**
 * A worker's way to the shared folder. Node's functions of the file system are wrapped, so that a fault of the folder meets
 * whatever library a lock uses, and nothing else of the process.
 *
 * Not covered: what is done with a file that is open already (write, fsync, the position in it), streams, watchers, and locks of
 * the operating system.
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { resolve, sep } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { FileObservation } from '../history/events.ts';
import type { FolderFault } from '../plan/folder-fault.ts';

/** What a call does to the file system: fills it, changes it otherwise, or looks at it. */
type Kind = 'fills' | 'changes' | 'looks';

const KINDS: Readonly<Record<Kind, readonly string[]>> = {
  fills: ['mkdir', 'mkdtemp', 'symlink', 'link', 'copyFile', 'writeFile', 'appendFile'],
  changes: ['rmdir', 'rm', 'unlink', 'rename', 'utimes', 'lutimes', 'truncate', 'chmod'],
  looks: ['stat', 'lstat', 'readFile', 'readdir', 'access', 'realpath', 'readlink'],
};
/** The path that these create is their second argument. */
const SECOND = ['symlink', 'link', 'copyFile'];
const REFUSALS = {
  ENOSPC: { errno: -28, text: 'no space left on device' },
  EROFS: { errno: -30, text: 'read-only file system' },
} as const;

type Call = (...args: unknown[]) => unknown;

/** One call that the fault in force concerns. */
interface Struck {
  readonly name: string;
  readonly path: string;
  readonly kind: Kind;
  readonly fault: FolderFault;
}

export class Folder {
  readonly #root: string;
  readonly #tell: (observation: FileObservation) => void;
  #fault: FolderFault | undefined;
  /** Attributes as they were first seen while they are stale, by call and path. */
  readonly #seen = new Map<string, unknown>();

  /** Wraps Node's functions: to be made before anything of the lock is loaded. @param tell hears of each call that was struck */
  constructor(root: string, tell: (observation: FileObservation) => void) {
    this.#root = resolve(root);
    this.#tell = tell;
    for (const kind of ['fills', 'changes', 'looks'] as const)
      for (const name of KINDS[kind]) this.#wrap(name, () => kind);
    this.#wrap('open', (flags) => (isForReading(flags) ? 'looks' : 'fills'));
    syncBuiltinESMExports();
  }

  disturb(fault: FolderFault | undefined): void {
    this.#fault = fault;
    this.#seen.clear();
  }

  #wrap(name: string, kindOf: (second: unknown) => Kind): void {
    const struck = (args: readonly unknown[]): Struck | undefined => {
      const path = pathOf(args[SECOND.includes(name) ? 1 : 0]);
      const inside = path !== undefined && (path === this.#root || path.startsWith(this.#root + sep));
      return inside && this.#fault !== undefined
        ? { name, path, kind: kindOf(args[1]), fault: this.#fault }
        : undefined;
    };
    replace(fs.promises, name, (original) => (...args) => {
      const call = struck(args);
      return call === undefined ? original(...args) : this.#carryOut(call, async () => original(...args));
    });
    replace(fs, name, (original) => (...args) => {
      const [call, callback] = [struck(args), args.at(-1)];
      if (call === undefined || typeof callback !== 'function') return original(...args);
      const carriedOut = this.#carryOut(call, () => promised(original, args.slice(0, -1)));
      // What the callback throws is the library's, and nobody's to catch.
      carriedOut.then(
        (value) => process.nextTick(callback as Call, null, value),
        (error: unknown) => process.nextTick(callback as Call, error),
      );
      return undefined;
    });
    replace(fs, `${name}Sync`, (original) => (...args) => {
      const call = struck(args);
      return call === undefined ? original(...args) : this.#carryOutSync(call, () => original(...args));
    });
  }

  async #carryOut(call: Struck, act: () => Promise<unknown>): Promise<unknown> {
    this.#refuse(call);
    const { fault } = call;
    if (fault.kind !== 'slow') return this.#asSeen(call, await act());
    if (fault.direction !== 'reply') await sleep(fault.delayMs);
    try {
      return await act();
    } finally {
      if (fault.direction !== 'request') await sleep(fault.delayMs);
      this.#tell({ call: call.name, what: 'late', ms: fault.delayMs });
    }
  }

  #carryOutSync(call: Struck, act: () => unknown): unknown {
    this.#refuse(call);
    const { fault } = call;
    if (fault.kind !== 'slow') return this.#asSeen(call, act());
    if (fault.direction !== 'reply') block(fault.delayMs);
    try {
      return act();
    } finally {
      if (fault.direction !== 'request') block(fault.delayMs);
      this.#tell({ call: call.name, what: 'late', ms: fault.delayMs });
    }
  }

  /** @throws what the operating system would answer */
  #refuse({ name, path, kind, fault }: Struck): void {
    const code =
      fault.kind === 'full' && kind === 'fills'
        ? 'ENOSPC'
        : fault.kind === 'read-only' && kind !== 'looks'
          ? 'EROFS'
          : undefined;
    if (code === undefined) return;
    this.#tell({ call: name, what: 'refused', ms: 0 });
    const { errno, text } = REFUSALS[code];
    throw Object.assign(new Error(`${code}: ${text}, ${name} '${path}'`), { code, errno, syscall: name, path });
  }

  /** Attributes as they were when this worker saw them first; it knows of what it has changed itself. */
  #asSeen({ name, path, kind, fault }: Struck, answer: unknown): unknown {
    if (fault.kind !== 'stale') return answer;
    if (kind !== 'looks') {
      for (const one of ['stat', 'lstat']) this.#seen.delete(`${one} ${path}`);
      return answer;
    }
    if (!(answer instanceof fs.Stats)) return answer;
    const first = this.#seen.get(`${name} ${path}`) ?? answer;
    this.#seen.set(`${name} ${path}`, first);
    if ((first as fs.Stats).mtimeMs !== answer.mtimeMs) this.#tell({ call: name, what: 'stale', ms: 0 });
    return first;
  }
}

/** Puts a wrapper in the place of a function, which keeps what else the function has. */
function replace(of: object, name: string, wrapping: (original: Call) => Call): void {
  const original: unknown = Reflect.get(of, name);
  if (typeof original !== 'function') return;
  const wrapper = wrapping((original as Call).bind(of));
  Reflect.set(of, name, Object.setPrototypeOf(wrapper, original));
}

const promised = (original: Call, args: readonly unknown[]): Promise<unknown> =>
  new Promise((settle, reject) => {
    original(...args, (error: unknown, value: unknown) => {
      if (error === null || error === undefined) settle(value);
      else reject(error);
    });
  });

function pathOf(given: unknown): string | undefined {
  if (typeof given === 'string') return resolve(given);
  return given instanceof URL && given.protocol === 'file:' ? fileURLToPath(given) : undefined;
}

const { O_WRONLY, O_RDWR, O_CREAT } = fs.constants;
const isForReading = (flags: unknown): boolean =>
  typeof flags === 'number'
    ? (flags & (O_WRONLY | O_RDWR | O_CREAT)) === 0
    : typeof flags !== 'string' || !/[wax+]/.test(flags);

/** A process that waits in the file system does nothing else. */
function block(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
