/** PgBouncer in front of a PostgreSQL server, for tests: every transaction may have another session. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findCommand } from '../../../harness/backends/binaries.ts';
import { freePort } from '../../../harness/backends/ports.ts';
import { userIds } from '../../../harness/backends/users.ts';
import type { Endpoint } from '../../../implementations/lock.ts';
import { eventually } from '../connected.ts';

/** The database `postgres` under another name, for clients that are to have a session for themselves. */
export const BY_SESSION = 'by_session';

export class PgBouncer implements AsyncDisposable {
  static readonly command = findCommand('pgbouncer');
  readonly endpoint: Endpoint;
  readonly #process: ChildProcess;
  readonly #folder: string;

  private constructor(endpoint: Endpoint, child: ChildProcess, folder: string) {
    this.endpoint = endpoint;
    this.#process = child;
    this.#folder = folder;
  }

  /** With so many sessions for all clients together. */
  static async start(server: Endpoint, sessions: number): Promise<PgBouncer> {
    const folder = await mkdtemp(join(tmpdir(), 'holdfast-pgbouncer-'));
    const port = await freePort();
    const file = join(folder, 'pgbouncer.ini');
    const settings = {
      ...{ listen_addr: '127.0.0.1', listen_port: port, unix_socket_dir: '', auth_type: 'any' },
      ...{ pool_mode: 'transaction', default_pool_size: sessions, ignore_startup_parameters: 'extra_float_digits' },
    };
    const lines = Object.entries(settings).map(([name, value]) => `${name} = ${value}`);
    const database = `host=${server.host} port=${server.port} user=postgres`;
    const databases = [`${BY_SESSION} = ${database} dbname=postgres pool_mode=session`, `* = ${database}`];
    await writeFile(file, ['[databases]', ...databases, '[pgbouncer]', ...lines, ''].join('\n'));
    // It does not run as root; as whom else, the file must be readable to it.
    await chmod(folder, 0o755);
    const child = spawn(PgBouncer.command ?? 'pgbouncer', ['--quiet', file], {
      stdio: 'ignore',
      ...userIds('postgres'),
    });
    await once(child, 'spawn');
    process.once('exit', () => child.kill('SIGKILL'));
    const bouncer = new PgBouncer({ host: '127.0.0.1', port }, child, folder);
    await eventually(() => bouncer.#answers());
    return bouncer;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const exited = once(this.#process, 'exit');
    this.#process.kill('SIGTERM');
    await exited;
    await rm(this.#folder, { recursive: true });
  }

  async #answers(): Promise<boolean> {
    if (this.#process.exitCode !== null) throw new Error('pgbouncer has ended');
    const socket = connect(this.endpoint.port, this.endpoint.host);
    try {
      await once(socket, 'connect');
      return true;
    } catch {
      return false;
    } finally {
      socket.destroy();
    }
  }
}
