/** One contract of operators, on the real servers of every backend. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { findLock } from '../../implementations/catalogue.ts';
import { isLockError } from '../../implementations/lock.ts';
import type { Endpoint, Lease, Lock, LockModule, Topology } from '../../implementations/lock.ts';
import { connectOperator } from '../../implementations/operators/connect.ts';
import type { Operated, OperatorContext } from '../../implementations/operators/connect.ts';
import type { Freed, HolderSight, KeySight, Operator } from '../../implementations/operators/operator.ts';
import { startServer } from '../../tools/servers.ts';
import { eventually } from './connected.ts';

interface Row {
  readonly backend: Operated;
  readonly topology?: Topology;
  /** What can be taken from its holder. */
  readonly leases: readonly string[];
  /** What a connection holds. */
  readonly connections?: readonly string[];
}

const TABLE: readonly Row[] = [
  { backend: 'redis', leases: ['redis-basic', 'redis-fair', 'redis-read-write', 'redis-reentrant'] },
  { backend: 'redis', topology: '5 independent nodes', leases: ['redlock'] },
  { backend: 'redis', topology: 'cluster', leases: ['redis-cluster'] },
  {
    backend: 'postgres',
    leases: ['sql-table-postgres', 'sql-heartbeat-postgres'],
    connections: ['sql-row-postgres', 'sql-advisory-postgres'],
  },
  {
    backend: 'mariadb',
    leases: ['sql-table-mariadb', 'sql-heartbeat-mariadb'],
    connections: ['sql-row-mariadb', 'sql-advisory-mariadb'],
  },
  { backend: 'sqlite', leases: ['sql-table-sqlite', 'sql-heartbeat-sqlite'] },
  { backend: 'zookeeper', leases: ['zookeeper'] },
  { backend: 'etcd', leases: ['etcd'] },
  { backend: 'consul', leases: ['consul'] },
];

const LEASE_MS = 1500;
const PREFIX = 'ops:';

/** All of one backend, closed with it. */
interface Scene {
  readonly operator: Operator;
  readonly connect: (name: string) => Promise<Lock>;
}

async function onStage(row: Row, act: (scene: Scene) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-operators-'));
  const servers = row.backend === 'sqlite' ? undefined : await startServer(row.backend, row.topology);
  const closing: (() => Promise<unknown>)[] = [];
  const endpoints: readonly Endpoint[] = servers?.endpoints ?? [];
  const context: OperatorContext = { endpoints, prefix: PREFIX, file: join(folder, 'locks.sqlite') };
  const connect = async (name: string): Promise<Lock> => {
    const module = moduleOf(name);
    const { signal } = new AbortController();
    const connected = await module.connect({ endpoints, natMap: {}, prefix: PREFIX, folder, options: {}, signal });
    closing.push(() => connected.close());
    return connected.lock;
  };
  try {
    // Its first lock makes the file of SQLite.
    if (servers === undefined) await (await connect('sql-table-sqlite')).inspect('nothing');
    const topology = row.topology === undefined ? {} : { topology: row.topology };
    const operator = await connectOperator(row.backend, { ...context, ...topology });
    closing.push(() => operator.close());
    await act({ operator, connect });
  } finally {
    for (const close of closing.toReversed()) await close();
    await servers?.[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  }
}

function moduleOf(name: string): LockModule {
  const entry = findLock(name);
  assert.ok(entry !== undefined, name);
  return entry.module;
}

function only<T>(items: readonly T[]): T {
  const [item, ...others] = items;
  assert.ok(item !== undefined);
  assert.deepEqual(others, []);
  return item;
}

const force = (holder: HolderSight): Promise<Freed> => {
  assert.ok(holder.force.kind === 'conditional');
  return holder.force.run();
};

/** What is told, without the functions that act. */
const told = (sights: readonly KeySight[]): string =>
  JSON.stringify(sights, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value));

for (const row of TABLE) {
  void describe(`${row.backend}${row.topology === undefined ? '' : `, ${row.topology}`}`, () => {
    void it('shows holders and waiters without a token, and takes a lease from the holder that was seen and from no other', async () => {
      await onStage(row, async (scene) => {
        for (const name of row.leases) await takesALease(scene, name);
        for (const name of row.connections ?? []) await refusesAConnection(scene, name);
      });
    });
  });
}

async function takesALease({ operator, connect }: Scene, name: string): Promise<void> {
  const [first, second] = [await connect(name), await connect(name)];
  const key = `orders/${name} {ü}`;
  assert.deepEqual(await operator.inspect(key), []);
  const lease = await first.acquire(key, { leaseMs: LEASE_MS });
  const sight = only(await operator.inspect(key));
  const holder = only(sight.holders);
  assert.equal(sight.key, key);
  assert.ok(!told([sight]).includes(lease.token), name);
  assert.equal(holder.fencingToken === undefined, lease.fencingToken === undefined, name);
  if (holder.remainingMs !== undefined) assert.ok(holder.remainingMs > 0 && holder.remainingMs < 3 * LEASE_MS, name);
  assert.deepEqual(
    (await operator.list(10)).keys.map((listed) => [listed.key, only(listed.holders).id]),
    [[key, holder.id]],
    name,
  );
  const coming = second.acquire(key, { leaseMs: LEASE_MS, timeoutMs: 20_000 });
  coming.catch(() => undefined);
  if (['redis-fair', 'zookeeper', 'etcd'].includes(name))
    await eventually(async () => only(await operator.inspect(key)).waiting === 1);
  const lost = once(lease.signal, 'abort');
  const freed = await force(holder);
  assert.equal(freed.kind, 'freed', name);
  const next = await coming;
  await lost;
  assert.ok(isLockError(lease.signal.reason) && lease.signal.reason.code === 'LEASE_LOST', name);
  assert.equal(await lease.release(), 'lost', name);
  if (freed.kind === 'freed' && lease.fencingToken !== undefined && next.fencingToken !== undefined) {
    assert.ok(
      freed.fence !== undefined && freed.fence > lease.fencingToken,
      `${name}: ${freed.fence} frees ${lease.fencingToken}`,
    );
    assert.ok(next.fencingToken >= freed.fence, `${name}: ${next.fencingToken} comes after ${freed.fence}`);
  }
  assert.deepEqual(await force(holder), { kind: 'changed' }, name);
  assert.notEqual(only(only(await operator.inspect(key)).holders).id, holder.id);
  assert.equal(await next.release(), 'released', name);
  assert.deepEqual((await operator.list(10)).keys, [], name);
}

async function refusesAConnection({ operator, connect }: Scene, name: string): Promise<void> {
  const lock = await connect(name);
  const lease = await lock.acquire('report');
  const holder = only(only(await operator.inspect('report')).holders);
  assert.equal(holder.force.kind, 'refused', name);
  assert.equal(await lease.release(), 'released', name);
  assert.deepEqual(await operator.inspect('report'), [], name);
}

/** What SQL tables, fences of Redis and parents in ZooKeeper keep. */
const KEPT: readonly Row[] = TABLE.filter(
  ({ backend, topology }) => topology === undefined && ['redis', 'postgres', 'mariadb', 'sqlite'].includes(backend),
);

for (const row of KEPT) {
  void it(`${row.backend}: what is swept is what nobody uses, and the fences that come after it are higher`, async () => {
    await onStage(row, async ({ operator, connect }) => {
      const [name = ''] = row.leases;
      const lock = await connect(name);
      const acquire = (key: string): Promise<Lease> => lock.acquire(key, { leaseMs: 1000, renew: false });
      const before = await acquire('used');
      await before.release();
      await (await acquire('unused')).release();
      await eventually(async () => (await operator.leftovers(0, 10)).length === 2);
      assert.deepEqual(await operator.leftovers(3_600_000, 10), []);
      const found = await operator.leftovers(0, 10);
      const meanwhile = await lock.acquire('used', { leaseMs: 2000 });
      const removed = await Promise.all(found.map(async (one) => [one.name.includes('unused'), await one.remove()]));
      assert.deepEqual(
        removed.filter(([, gone]) => gone === false).map(([unused]) => unused),
        [false],
      );
      assert.equal(await meanwhile.release(), 'released');
      assert.ok(meanwhile.fencingToken !== undefined && before.fencingToken !== undefined);
      const again = await acquire('unused');
      assert.ok(again.fencingToken !== undefined && again.fencingToken > before.fencingToken);
      await again.release();
    });
  });
}
