/**
 * A release by force hits the holder that was seen, or nobody: in simulated races of holders that come and go with an
 * operator who looks, thinks for a while, and acts.
 */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { LeaseLostError } from '../../implementations/lock.ts';
import type { Backend, Endpoint, Lease, Lock, LockModule } from '../../implementations/lock.ts';
import type { HolderSight, KeySight } from '../../implementations/operators/operator.ts';
import { Random } from '../../harness/base/random.ts';
import { casesOf, FIRST_CASE } from '../effort.ts';
import { inWorld, install } from './in-world.ts';

install();
const { lock: redisBasic } = await import('../../implementations/redis/modules/basic.ts');
const { lock: etcd } = await import('../../implementations/etcd/module.ts');
const { lock: sqlTable } = await import('../../implementations/sql/postgres/modules/table.ts');
const { connectOperator } = await import('../../implementations/operators/connect.ts');
const { leaseTables } = await import('../../implementations/operators/postgres.ts');
const { openPool } = await import('../../implementations/sql/postgres/modules/connect.ts');

const FEW = 5;
const PREFIX = 'test:';
const LEASE_MS = 900;
const CYCLES = 8;
const LOOKS = 8;

interface Looker {
  inspect(key: string): Promise<KeySight[]>;
  close(): Promise<void>;
}

interface Subject {
  readonly module: LockModule;
  readonly backend: Backend;
  readonly operator: (endpoints: readonly Endpoint[]) => Promise<Looker>;
}

const SUBJECTS: readonly Subject[] = [
  {
    ...{ module: redisBasic, backend: 'redis' },
    operator: (endpoints) => connectOperator('redis', { endpoints, prefix: PREFIX }),
  },
  {
    ...{ module: etcd, backend: 'etcd' },
    operator: (endpoints) => connectOperator('etcd', { endpoints, prefix: PREFIX }),
  },
  {
    ...{ module: sqlTable, backend: 'postgres' },
    operator: async (endpoints) => {
      const pool = openPool(endpoints, { connections: 2 });
      const tables = leaseTables(pool, PREFIX);
      return { inspect: (key) => tables.inspect(key), close: () => pool.end() };
    },
  },
];

/** What the holders and the operator have seen of one race. */
interface Race {
  readonly ended: { readonly fence: bigint; readonly outcome: string; readonly told: boolean }[];
  readonly forced: { readonly fence: bigint; readonly raised: bigint }[];
  readonly missed: number;
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

function raceOf(subject: Subject, seed: number): Promise<Race> {
  const { module, backend, operator: operatorAt } = subject;
  return inWorld(
    backend,
    1,
    async ({ endpoints }) => {
      const random = new Random(seed);
      const { signal } = new AbortController();
      const context = { endpoints, natMap: {}, prefix: PREFIX, folder: '', options: {}, signal };
      const clients = await Promise.all([module.connect(context), module.connect(context), module.connect(context)]);
      // Locks on SQL make their table with their first grant.
      await clients[0]?.lock.acquire('first').then((lease) => lease.release());
      const operator = await operatorAt(endpoints);
      const race = { ended: [] as Race['ended'], forced: [] as Race['forced'], missed: 0 };
      await Promise.all([
        ...clients.map(({ lock }) => holdAgainAndAgain(lock, random, race)),
        forceNowAndThen(operator, random, race),
      ]);
      await operator.close();
      await Promise.all(clients.map((client) => client.close()));
      return race;
    },
    seed,
  );
}

async function holdAgainAndAgain(lock: Lock, random: Random, race: Race): Promise<void> {
  for (let cycle = 0; cycle < CYCLES; cycle += 1) {
    const lease = await lock.acquire('k', { leaseMs: LEASE_MS, timeoutMs: 60_000 });
    await untilEnded(lease, random.whole(0, 700));
    const told = lease.signal.aborted && lease.signal.reason instanceof LeaseLostError;
    race.ended.push({ fence: lease.fencingToken ?? -1n, outcome: await lease.release(), told });
  }
}

/** Some hold for long enough to be told. */
function untilEnded({ signal }: Lease, ms: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

async function forceNowAndThen(
  operator: Looker,
  random: Random,
  race: { forced: Race['forced']; missed: number },
): Promise<void> {
  for (let look = 0; look < LOOKS; look += 1) {
    await sleep(random.whole(0, 300));
    const holder: HolderSight | undefined = (await operator.inspect('k'))[0]?.holders[0];
    if (holder === undefined) continue;
    await sleep(random.whole(0, 400));
    assert.ok(holder.force.kind === 'conditional');
    const freed = await holder.force.run();
    if (freed.kind === 'freed') race.forced.push({ fence: holder.fencingToken ?? -1n, raised: freed.fence ?? -1n });
    else race.missed += 1;
  }
}

for (const subject of SUBJECTS) {
  const { name } = subject.module;
  void it(`${name}: a release by force ends the lease that was seen and no other, its holder is told, and fences rise`, async () => {
    let [forced, missed] = [0, 0];
    const cases = casesOf(FEW);
    for (let seed = FIRST_CASE + 1; seed <= FIRST_CASE + cases; seed += 1) {
      const race = await raceOf(subject, seed);
      const taken = new Map(race.forced.map(({ fence, raised }) => [fence, raised]));
      for (const { fence, outcome, told } of race.ended) {
        const raised = taken.get(fence);
        // Nothing but force ends a lease here: the servers answer, and holders renew.
        assert.equal(outcome, raised === undefined ? 'released' : 'lost', `seed ${seed}: fence ${fence}`);
        if (raised === undefined) assert.equal(told, false, `seed ${seed}: fence ${fence}`);
        else assert.ok(raised > fence, `seed ${seed}: fence ${fence}, raised to ${raised}`);
      }
      const fences = race.ended.map(({ fence }) => fence).toSorted((a, b) => Number(a - b));
      assert.equal(new Set(fences).size, fences.length, `seed ${seed}`);
      for (const { fence, raised } of race.forced) {
        const next = fences.find((other) => other > fence);
        assert.ok(next === undefined || next >= raised, `seed ${seed}: ${next} after ${fence}, raised to ${raised}`);
      }
      forced += race.forced.length;
      missed += race.missed;
    }
    // Both have happened, or the property says little.
    assert.ok(forced > 0 && missed > 0, `${forced} taken, ${missed} missed`);
  });

  void it(`${name}: a holder that renews is told of its loss within a lease, and without waiting for its release`, async () => {
    const reason = await inWorld(subject.backend, 1, async ({ endpoints }) => {
      const { signal } = new AbortController();
      const context = { endpoints, natMap: {}, prefix: PREFIX, folder: '', options: {}, signal };
      const connected = await subject.module.connect(context);
      const lease = await connected.lock.acquire('k', { leaseMs: LEASE_MS });
      const operator = await subject.operator(endpoints);
      const force = (await operator.inspect('k'))[0]?.holders[0]?.force;
      assert.ok(force?.kind === 'conditional');
      await force.run();
      await sleep(LEASE_MS);
      const told: unknown = lease.signal.reason;
      assert.equal(await lease.release(), 'lost');
      await operator.close();
      await connected.close();
      return told instanceof LeaseLostError ? told.reason : told;
    });
    assert.equal(reason, 'mismatch');
  });
}
