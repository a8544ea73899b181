/** Redis servers for tests and benchmarks: each on a port of its own, in a temporary folder, stopped by its process id. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import type { Endpoint } from '../implementations/lock.ts';

const HOST = '127.0.0.1';
const READY_WITHIN_MS = 10_000;

export class RedisServer implements AsyncDisposable {
  readonly port: number;
  readonly #folder: string;
  #process: ChildProcess | undefined;

  private constructor(port: number, folder: string) {
    this.port = port;
    this.#folder = folder;
  }

  static async start(): Promise<RedisServer> {
    const server = new RedisServer(await freePort(), await mkdtemp(join(tmpdir(), 'holdfast-redis-')));
    await server.start();
    return server;
  }

  static startMany(count: number): Promise<RedisServer[]> {
    return Promise.all(Array.from({ length: count }, () => RedisServer.start()));
  }

  get endpoint(): Endpoint {
    return { host: HOST, port: this.port };
  }

  /** Also again, after `kill`: without its data. */
  async start(): Promise<void> {
    const args = [
      '--bind',
      HOST,
      '--port',
      String(this.port),
      '--dir',
      this.#folder,
      '--save',
      '',
      '--appendonly',
      'no',
    ];
    const child = spawn('redis-server', args, { stdio: 'ignore' });
    await once(child, 'spawn');
    this.#process = child;
    // A test run that ends early leaves nothing behind.
    const killAtExit = (): void => void child.kill('SIGKILL');
    process.once('exit', killAtExit);
    child.once('exit', () => process.off('exit', killAtExit));
    await this.#ready(child);
  }

  /** As a crash does. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** Stopped, it accepts connections and answers nothing. */
  pause(): void {
    this.#process?.kill('SIGSTOP');
  }

  resume(): void {
    this.#process?.kill('SIGCONT');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.resume();
    await this.#end('SIGTERM');
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
  }

  async #ready(child: ChildProcess): Promise<void> {
    const client = new Redis(this.port, HOST, { retryStrategy: () => 20, maxRetriesPerRequest: null });
    client.on('error', () => undefined);
    try {
      const ping = await Promise.race([
        client.ping(),
        once(child, 'exit'),
        delay(READY_WITHIN_MS, 'late', { ref: false }),
      ]);
      if (ping !== 'PONG') throw new Error(`redis-server on port ${this.port} did not become ready`);
    } finally {
      client.disconnect();
    }
  }
}

/** A port that is free now, below the range from which the system takes ports for outgoing connections. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    const probe = createServer();
    const free = await new Promise<boolean>((resolve) => {
      probe.once('error', () => resolve(false));
      probe.listen(port, HOST, () => resolve(true));
    });
    if (!free) continue;
    await new Promise((resolve) => probe.close(resolve));
    return port;
  }
}
