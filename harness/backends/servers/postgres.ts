import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Client } from 'pg';
import type { Endpoint, Topology } from 'holdfast-locks';
import { InfrastructureError } from '../../base/errors.ts';
import { several, single, type Layout } from './layout.ts';
import { containerArgs, initCommand, serverArgs, USER } from './postgres-start.ts';
import type { NodeContext, ServerDefinition } from './server.ts';

/** Answers that stay the same, however often one asks: authentication, and a database that does not exist. */
const REFUSAL = /^(28|3D)/;
const PROMOTE_WITHIN_S = 10;
/** How long a replica may take to be streaming from its primary. */
const STREAM_WITHIN_MS = 10_000;
const LOOK_EVERY_MS = 20;

/**
 * PostgreSQL, one server. It answers a commit when the log is with the kernel, so that a crash of the process loses none;
 * a crash of the machine would (`fsync=off`, which is what makes a temp folder cheap).
 */
const base: ServerDefinition = {
  name: 'postgres',
  image: 'postgres:17',
  containerPort: 5432,
  containerCommand: 'sh',
  containerArgs: (node) => containerArgs(node, serverArgs(node)),
  containerReady: /database system is ready to accept/,
  native: { command: 'postgres', source: { kind: 'debian', package: 'postgresql' } },
  user: USER,
  settings: { fsync: 'off', synchronous_commit: 'on' },
  args: serverArgs,
  init: initCommand,
  // Killed, it would leave its shared memory behind.
  stopSignal: 'SIGQUIT',
  afterKill: removeSharedMemory,
  probe: (endpoint, timeoutMs) =>
    withClient(endpoint, timeoutMs, async (client) => {
      const { rows } = await client.query<{ server_version: string }>('SHOW server_version');
      return rows[0]?.server_version.split(' ')[0] ?? 'unknown';
    }),
  clockMs: (endpoint) =>
    withClient(endpoint, 5000, async (client) => {
      const { rows } = await client.query<{ ms: number }>(
        'SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS ms',
      );
      return rows[0]?.ms ?? 0;
    }),
  census: (endpoint, prefix) => withClient(endpoint, 5000, (client) => count(client, prefix)),
  removePrefixed: (endpoint, prefix) => withClient(endpoint, 5000, (client) => removeRows(client, prefix)),
  fakeClock: { preload: ['/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1'] },
};

/** The segment that PostgreSQL holds as a sign that it runs: its id stands in PostgreSQL's own notes, behind its key. */
async function removeSharedMemory(folder: string): Promise<void> {
  const notes = await readFile(join(folder, 'postmaster.pid'), 'utf8').catch(() => '');
  const id = /^ *\d+ +(\d+) *$/m.exec(notes)?.[1];
  // Gone already, or not there yet: nothing to remove.
  if (id !== undefined) await promisify(execFile)('ipcrm', ['-m', id]).catch(() => undefined);
}

/** The locks' tables, which all have a column `name`. */
async function tablesOf(client: Client): Promise<string[]> {
  const { rows } = await client.query<{ table: string }>(
    `SELECT c.oid::regclass::text AS table FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
     WHERE c.relkind = 'r' AND c.relname LIKE 'holdfast\\_%' AND a.attname = 'name'`,
  );
  return rows.map(({ table }) => table);
}

async function count(client: Client, prefix: string): Promise<Readonly<Record<string, number>>> {
  let found = 0;
  for (const table of await tablesOf(client)) {
    found += (await client.query(`SELECT FROM ${table} WHERE starts_with(name, $1)`, [prefix])).rowCount ?? 0;
  }
  const { rows } = await client.query<{ connections: number; transactions: number; advisory: number; waiting: number }>(
    `SELECT count(*)::int AS connections, count(a.xact_start)::int AS transactions,
       (SELECT count(*)::int FROM pg_locks WHERE locktype = 'advisory') AS advisory,
       (SELECT count(*)::int FROM pg_locks WHERE NOT granted) AS waiting
     FROM pg_stat_activity a WHERE a.backend_type = 'client backend' AND a.pid <> pg_backend_pid()`,
  );
  return { rows: found, ...rows[0] };
}

async function removeRows(client: Client, prefix: string): Promise<number> {
  const { rows } = await client.query<{ copy: boolean }>('SELECT pg_is_in_recovery() AS copy');
  // What a replica has goes with the original.
  if (rows[0]?.copy === true) return 0;
  // A row that somebody has locked is in use.
  await client.query("SET lock_timeout = '1s'");
  let removed = 0;
  for (const table of await tablesOf(client)) {
    removed += (await client.query(`DELETE FROM ${table} WHERE starts_with(name, $1)`, [prefix])).rowCount ?? 0;
  }
  return removed;
}

async function withClient<T>(endpoint: Endpoint, timeoutMs: number, use: (client: Client) => Promise<T>): Promise<T> {
  // Wanted only where there is such a server.
  const { default: pg } = await import('pg');
  const client = new pg.Client({
    host: endpoint.host,
    port: endpoint.port,
    user: endpoint.username ?? USER,
    database: 'postgres',
    password: endpoint.password,
    ...(endpoint.tls ? { ssl: true } : {}),
    connectionTimeoutMillis: timeoutMs,
    query_timeout: timeoutMs,
  });
  // What fails says so.
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await use(client);
  } catch (cause) {
    const code: unknown = Reflect.get(Object(cause), 'code');
    if (typeof code === 'string' && REFUSAL.test(code)) {
      throw new InfrastructureError(`postgres refuses this user: ${(cause as Error).message}`, { cause });
    }
    throw cause;
  } finally {
    // Without waiting: a server that does not answer would not say goodbye either.
    void client.end().catch(() => undefined);
  }
}

/** A primary and one replica of it. Who is promoted, and when, is for the fault to say. */
function replicated(server: ServerDefinition): Layout {
  return {
    ...several(server, 2),
    startsAfter: (index) => (index === 0 ? [] : [0]),
    rejoinsEmpty: true,
    leader: async (nodes) => {
      const primaries = await Promise.all(nodes.map(isPrimary));
      const index = primaries.indexOf(true);
      return index < 0 ? undefined : index;
    },
    promote: async (nodes, killed) => {
      const next = nodes.find((_, index) => index !== killed);
      if (next === undefined) return;
      const patience = (PROMOTE_WITHIN_S + 5) * 1000;
      await withClient(next, patience, (client) => client.query('SELECT pg_promote(true, $1)', [PROMOTE_WITHIN_S]));
    },
    form: async (nodes, _announced, signal) => {
      const bound = performance.now() + STREAM_WITHIN_MS;
      while (!(await Promise.all(nodes.map(isStreaming))).includes(true)) {
        if (performance.now() > bound) throw new InfrastructureError('postgres: no replica follows the primary');
        await sleep(LOOK_EVERY_MS, undefined, { signal });
      }
    },
  };
}

function isPrimary(endpoint: Endpoint): Promise<boolean> {
  return answers(endpoint, 'SELECT NOT pg_is_in_recovery() AS yes');
}

function isStreaming(endpoint: Endpoint): Promise<boolean> {
  return answers(endpoint, "SELECT count(*) = 1 AS yes FROM pg_stat_replication WHERE state = 'streaming'");
}

/** One that does not answer answers no. */
async function answers(endpoint: Endpoint, question: string): Promise<boolean> {
  return withClient(endpoint, 500, async (client) => {
    const { rows } = await client.query<{ yes: boolean }>(question);
    return rows[0]?.yes === true;
  }).catch(() => false);
}

function synchronousArgs(node: NodeContext): string[] {
  return [...serverArgs(node), '-c', 'synchronous_standby_names=*'];
}

const synchronous: ServerDefinition = {
  ...base,
  settings: { ...base.settings, synchronous_standby_names: '*' },
  args: synchronousArgs,
  containerArgs: (node) => containerArgs(node, synchronousArgs(node)),
};

export const postgres = base;

export const postgresLayouts: Readonly<Partial<Record<Topology, Layout>>> = {
  single: single(base),
  'primary and replica': replicated(base),
  'primary and synchronous replica': replicated(synchronous),
};
