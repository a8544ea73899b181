/** Everything that one invocation of Holdfast starts or creates belongs to a session, and goes when the session ends. */
import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { ownModule } from './own-module.ts';
import { SESSION_VARIABLE } from './marked.ts';

/**
 * Its reaper is a process of its own that waits for the end of this one, however it comes, and then removes every
 * process, container and folder that carries the session's mark.
 */
export class Session {
  readonly id: string;
  /** Temp folder of the session; gone when the session ends. */
  readonly root: string;
  readonly #reaper: ChildProcess;
  readonly #closers: (() => Promise<void>)[] = [];
  #closing: Promise<void> | undefined;

  private constructor(id: string, root: string, reaper: ChildProcess) {
    this.id = id;
    this.root = root;
    this.#reaper = reaper;
  }

  /** Starts the reaper before anything that it may have to remove. */
  static async open(): Promise<Session> {
    const id = randomBytes(6).toString('hex');
    const root = join(tmpdir(), `holdfast-${id}`);
    const reaper = spawn(process.execPath, [ownModule(import.meta.url, './reaper'), id, root], {
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

  /** A new folder below the root. */
  folder(name: string): string {
    const path = join(this.root, name);
    mkdirSync(path, { recursive: true });
    return path;
  }

  /** From now on the reaper looks for containers too. */
  usesContainers(): void {
    this.#reaper.stdin?.write('containers\n');
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
