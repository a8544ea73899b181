/** Servers that a user runs already: Redis with users and passwords, and a Toxiproxy with a proxy of theirs. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { findBinary } from '../../harness/backends/binaries.ts';
import { untilAnswering } from '../../harness/backends/deployment.ts';
import { freePort } from '../../harness/backends/ports.ts';
import { startProcess, type RunningProcess } from '../../harness/backends/processes.ts';
import { redis } from '../../harness/backends/servers/redis.ts';
import type { ServerDefinition } from '../../harness/backends/servers/server.ts';
import { apiOf, proxiesOf, toxiproxy } from '../../harness/backends/servers/toxiproxy.ts';
import type { Endpoint } from '../../implementations/lock.ts';

const HOST = '127.0.0.1';
const READY_WITHIN_MS = 30_000;
/** What a lock needs, and the connection itself; nothing outside of the names that Holdfast uses. */
export const RIGHTS = [
  '~holdfast:*',
  '&holdfast:*',
  '+@read',
  '+@write',
  '+@scripting',
  '+@pubsub',
  '+@connection',
  '+time',
];

abstract class OwnServer implements AsyncDisposable {
  readonly endpoint: Endpoint;
  readonly #folder: string;
  readonly #process: RunningProcess;
  readonly #killAtExit = (): void => void this.#process.signal('SIGKILL');

  protected constructor({ endpoint, folder, process: process_ }: Started) {
    this.endpoint = endpoint;
    this.#folder = folder;
    this.#process = process_;
    // A test run that ends early leaves nothing behind.
    process.once('exit', this.#killAtExit);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    process.off('exit', this.#killAtExit);
    await this.#process.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

interface Started {
  readonly endpoint: Endpoint;
  readonly folder: string;
  readonly process: RunningProcess;
}

async function start(server: ServerDefinition, secret: Partial<Endpoint>, more: readonly string[]): Promise<Started> {
  const command = findBinary(server);
  if (command === undefined) throw new Error(`${server.native.command} is not installed: run "npm run setup"`);
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-own-'));
  const endpoint = { host: HOST, port: await freePort(HOST), ...secret };
  const args = [...server.args({ ...endpoint, folder, index: 0, ports: [], nodes: [] }), ...more];
  const process_ = await startProcess({ name: server.name, command, args, folder, environment: {} });
  let death: string | undefined;
  void process_.exited.then((how) => (death = `${how}: ${process_.lastWords()}`));
  const options = { withinMs: READY_WITHIN_MS, signal: new AbortController().signal, diedWith: () => death };
  await untilAnswering(server, endpoint, options);
  return { endpoint, folder, process: process_ };
}

/** Its own password is needed for everything; the user for Holdfast may touch only what begins with `holdfast:`. */
export class OwnRedis extends OwnServer {
  readonly password: string;
  readonly userPassword: string;

  private constructor(started: Started, password: string, userPassword: string) {
    super(started);
    this.password = password;
    this.userPassword = userPassword;
  }

  /** `more`: rights of the user for Holdfast. */
  static async start(name: string, more: readonly string[] = []): Promise<OwnRedis> {
    const password = `admin-secret-${name}`;
    // What separates the parts of an address may stand in a password.
    const userPassword = `p@ss/w:rd,${name}`;
    const user = ['--user', 'locks', 'on', `>${userPassword}`, ...RIGHTS, ...more];
    return new OwnRedis(await start(redis, { password }, ['--requirepass', password, ...user]), password, userPassword);
  }

  /** As a user writes it. */
  get address(): string {
    return `redis://locks:${encodeURIComponent(this.userPassword)}@${HOST}:${this.endpoint.port}`;
  }

  get secrets(): string[] {
    return [this.password, this.userPassword, encodeURIComponent(this.userPassword)];
  }

  /** A connection with all rights; the caller ends it. */
  connect(): Redis {
    return new Redis({ host: HOST, port: this.endpoint.port, password: this.password });
  }

  /** One command, with all rights. */
  async tell(command: string, ...args: string[]): Promise<unknown> {
    const client = this.connect();
    try {
      return await client.call(command, ...args);
    } finally {
      client.disconnect();
    }
  }

  async keys(): Promise<string[]> {
    const client = this.connect();
    try {
      return await client.keys('*');
    } finally {
      client.disconnect();
    }
  }
}

export class OwnToxiproxy extends OwnServer {
  static async start(): Promise<OwnToxiproxy> {
    return new OwnToxiproxy(await start(toxiproxy, {}, []));
  }

  get address(): string {
    return `${HOST}:${this.endpoint.port}`;
  }

  async addProxy(name: string, port: number): Promise<void> {
    const body = JSON.stringify({ name, listen: `${HOST}:${port}`, upstream: `${HOST}:1`, enabled: true });
    const response = await fetch(`${apiOf(this.endpoint)}/proxies`, { method: 'POST', body });
    if (!response.ok) throw new Error(await response.text());
  }

  async proxyNames(): Promise<string[]> {
    return (await proxiesOf(this.endpoint)).map(({ name }) => name);
  }
}
