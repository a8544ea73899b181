/** Everything that one invocation of Holdfast starts or creates belongs to a session, and goes when the session ends. */
import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { OWN_FLAGS, ownModule } from '../base/own-module.ts';
import type { Traces } from './external-traces.ts';
import { SESSION_VARIABLE } from './marked.ts';
import type { ToReaper } from './reaper-messages.ts';

/**
 * Its reaper is a process of its own that waits for the end of this one, however it comes, and then removes every
 * process, container and folder that carries the session's mark, and what the session left on servers of others.
 */
export class Session {
  readonly id: string;
  /** Temp folder of the session; gone when the session ends. */
  readonly root: string;
  readonly #reaper: ChildProcess;
  readonly #closers: (() => Promise<void>)[] = [];
  #closing: Promise<void> | undefined;
  /** Folders given out so far. */
  #folders = 0;

  private constructor(id: string, root: string, reaper: ChildProcess) {
    this.id = id;
    this.root = root;
    this.#reaper = reaper;
  }

  /** Starts the reaper before anything that it may have to remove. */
  static async open(): Promise<Session> {
    const id = randomBytes(6).toString('hex');
    const root = join(tmpdir(), `holdfast-${id}`);
    const reaper = spawn(process.execPath, [...OWN_FLAGS, ownModule(import.meta.url, './reaper'), id, root], {
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    await once(reaper, 'spawn');
    reaper.unref();
    // The reaper may be gone before this process is; there is nothing left to tell it then.
    reaper.stdin?.on('error', () => undefined);
    mkdirSync(root, { recursive: true });
    return new Session(id, root, reaper);
  }

  /** The environment that marks a process as this session's. */
  get environment(): Record<string, string> {
    return { [SESSION_VARIABLE]: this.id };
  }

  /** A new folder below the root, whose name begins with `name`: never one that was given out before. */
  folder(name: string): string {
    // Servers that run as another user must get into theirs, which `mkdtemp` would not let them.
    const path = join(this.root, `${name}-${this.#folders++}`);
    mkdirSync(path);
    return path;
  }

  /** Everything that the session writes on servers that are not its own begins with this. */
  get prefix(): string {
    return `holdfast:${this.id}:`;
  }

  /** How the names of its proxies begin. */
  get proxyPrefix(): string {
    return `holdfast-${this.id}-`;
  }

  /** From now on the reaper looks for containers too. */
  usesContainers(): void {
    this.#tell({ type: 'containers' });
  }

  /**
   * If this process is killed, the reaper removes these.
   * @returns the function that says that they are gone.
   */
  leavesTraces(traces: Traces): () => void {
    const id = randomBytes(6).toString('hex');
    this.#tell({ type: 'traces', id, traces });
    return () => this.#tell({ type: 'traces-gone', id });
  }

  #tell(message: ToReaper): void {
    this.#reaper.stdin?.write(`${JSON.stringify(message)}\n`);
  }

  /** Runs `close` when the session ends; the last registered is the first to run. */
  onClose(close: () => Promise<void>): void {
    this.#closers.push(close);
  }

  /** Ends everything in order; idempotent. The first error of a closer is thrown after all have run. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const errors: unknown[] = [];
    for (const close of this.#closers.toReversed()) {
      await close().catch((error: unknown) => errors.push(error));
    }
    await rm(this.root, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
    this.#reaper.stdin?.end();
    if (errors.length > 0) throw errors[0];
  }
}
