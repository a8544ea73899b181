import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { HAZARDS, type Hazard } from '../../implementations/claims.ts';
import { hazardsOf } from '../../harness/faults/available.ts';
import { makePlan } from '../../harness/faults/plans.ts';
import { REGIMES, type PlanSizes } from '../../harness/plan/arbitrary.ts';
import { dataNodesOf, nodesOf, parsePlan, PlanError, type Fault, type Plan } from '../../harness/plan/plan.ts';
import { makeDeck, type DeckOptions } from '../../harness/run/deck.ts';

const SIZES: PlanSizes = {
  ...{ lock: 'redlock', options: { drift: 0.01 }, topology: '5 independent nodes', scenario: 'shared-counter' },
  ...{ workers: 4, clientsPerWorker: 1, leaseMs: 600, recoverMs: 1000 },
};
const SEEDS = 300;

/** Plans of a hazard for many seeds, sizes and regimes. */
function* plansOf(hazard: Hazard): Generator<Plan> {
  for (let seed = 0; seed < SEEDS; seed++) {
    const workers = 1 + (seed % 10);
    const topology = seed % 2 === 0 ? 'single' : '5 independent nodes';
    const leaseMs = [300, 600, 5000][seed % 3] ?? 600;
    const regime = REGIMES[seed % REGIMES.length] ?? 'busy';
    yield makePlan({ ...SIZES, workers, topology, leaseMs }, [hazard], seed, seed % 7, regime);
  }
}

void describe('a plan', () => {
  void test('is decided by its seed and number', () => {
    for (const hazard of HAZARDS) {
      const make = (seed: number, index: number): Plan => makePlan(SIZES, [hazard], seed, index, 'busy');
      assert.deepEqual(make(1, 2), make(1, 2));
      if (hazard === 'none') continue;
      assert.notDeepEqual(make(1, 2).faults, make(2, 2).faults, `${hazard}: another seed`);
      assert.notDeepEqual(make(1, 2).faults, make(1, 3).faults, `${hazard}: another number`);
    }
  });

  for (const hazard of HAZARDS) {
    void test(`of ${hazard} is read back as it was written, for any seed and size`, () => {
      for (const plan of plansOf(hazard)) {
        const text = JSON.stringify(plan);
        assert.deepEqual(parsePlan(text, 'p'), JSON.parse(text));
      }
    });

    void test(`of ${hazard} has only faults that touch something that is there`, () => {
      for (const plan of plansOf(hazard)) {
        assert.equal(plan.faults.length > 0, hazard !== 'none');
        assert.equal(new Set(plan.faults.map(({ id }) => id)).size, plan.faults.length, 'ids are unique');
        for (const fault of plan.faults) {
          assert.equal(fault.hazard, hazard);
          assertWithin(fault.workers, plan.workers);
          assertWithin(fault.nodes, nodesOf(plan.topology));
          assert.ok(fault.workers.length + fault.nodes.length > 0 || fault.leader);
          assert.ok(fault.durationMs > 0);
          if (fault.aim !== undefined) assert.ok(fault.aim.worker < plan.workers);
        }
      }
    });
  }

  void test('cuts a minority of the nodes, or a majority, as its hazard says', () => {
    for (const plan of plansOf('minority-partition')) {
      const nodes = dataNodesOf(plan.topology);
      for (const fault of plan.faults) assert.ok(nodes === 1 || fault.nodes.length < nodes / 2);
    }
    for (const hazard of ['majority-partition', 'clock-jump-majority', 'server-crash-volatile'] as const) {
      for (const plan of plansOf(hazard))
        for (const fault of plan.faults) assert.ok(fault.nodes.length > dataNodesOf(plan.topology) / 2);
    }
  });

  void test('stops, cuts off or delays for longer than a lease where its hazard is about that', () => {
    const longest = (hazard: Hazard, of: (fault: Fault) => number): void => {
      for (const plan of plansOf(hazard))
        for (const fault of plan.faults)
          assert.ok(of(fault) > plan.leaseMs, `${hazard}: ${of(fault)} of ${plan.leaseMs}`);
    };
    longest('client-pause', ({ durationMs }) => durationMs);
    longest('client-partition', ({ durationMs }) => durationMs);
    for (const hazard of ['clock-jump', 'clock-jump-back', 'clock-jump-majority', 'client-clock-jump'] as const)
      longest(hazard, ({ jumpMs }) => Math.abs(jumpMs ?? 0));
  });

  void test('delays a request for longer than its client waits: that is at most a lease, and with a long one a second', () => {
    for (const { faults, leaseMs } of plansOf('late-request'))
      for (const { delayMs = 0 } of faults)
        assert.ok(delayMs > Math.min(leaseMs, 1000), `${delayMs} with a lease of ${leaseMs}`);
  });

  void test('of two hazards has the faults of both', () => {
    const plan = makePlan(SIZES, ['client-pause', 'server-crash'], 3, 0, 'crowded');
    assert.deepEqual([...new Set(plan.faults.map(({ hazard }) => hazard))], ['client-pause', 'server-crash']);
    assert.equal(new Set(plan.faults.map(({ id }) => id)).size, plan.faults.length);
  });
});

function assertWithin(chosen: readonly number[], size: number): void {
  assert.equal(new Set(chosen).size, chosen.length, 'each at most once');
  for (const one of chosen) assert.ok(Number.isInteger(one) && one >= 0 && one < size, `${one} of ${size}`);
}

void describe('a deck', () => {
  const options: DeckOptions = {
    sizes: SIZES,
    hazards: hazardsOf(SIZES.topology, 'redis'),
    rounds: 2,
    often: ['client-pause', 'client-crash'],
    pairs: 2,
    seed: 9,
  };

  void test('is the same for the same seed', () => {
    assert.equal(JSON.stringify(makeDeck(options)), JSON.stringify(makeDeck(options)));
  });

  void test('begins with every hazard once', () => {
    const { plans, firstRound } = makeDeck(options);
    assert.equal(firstRound, options.hazards.length);
    assert.deepEqual(
      plans.slice(0, firstRound).map(({ hazards }) => hazards),
      options.hazards.map((hazard) => [hazard]),
    );
    assert.deepEqual(
      plans.map(({ index }) => index),
      plans.map((_, place) => place),
    );
  });

  void test('has leases of several lengths in plans without faults, but for the first, and in no others', () => {
    const lengths = ({ plans }: ReturnType<typeof makeDeck>): unknown =>
      plans.filter(({ hazards }) => hazards.includes('none')).map(({ leasesMs = [] }) => new Set(leasesMs).size > 1);
    const none: DeckOptions = { ...options, hazards: ['none'], rounds: 3 };
    assert.deepEqual(lengths(makeDeck(none)), [false, true, true]);
    const varied = makeDeck({ ...none, varied: true });
    assert.deepEqual(lengths(varied), [false, true, true, true]);
    assert.equal(varied.firstRound, 2);
    const others = makeDeck(options).plans.filter(({ hazards }) => !hazards.includes('none'));
    assert.ok(others.every(({ leasesMs }) => leasesMs === undefined));
  });

  void test('only grows at its end with more rounds: a plan does not depend on how many there are', () => {
    const short = makeDeck(options).plans;
    const long = makeDeck({ ...options, rounds: 5 }).plans;
    assert.ok(long.length > short.length);
    assert.deepEqual(long.slice(0, short.length), short);
  });

  void test('is parted by shards: each plan in exactly one, unchanged', () => {
    const whole = makeDeck(options);
    for (const count of [1, 2, 3, 7]) {
      const shares = Array.from({ length: count }, (_, index) =>
        makeDeck({ ...options, shard: { index: index + 1, of: count } }),
      );
      const plans = shares.flatMap((share) => share.plans).toSorted((a, b) => a.index - b.index);
      assert.deepEqual(plans, whole.plans);
      assert.equal(
        shares.reduce((sum, share) => sum + share.firstRound, 0),
        whole.firstRound,
      );
      for (const share of shares)
        assert.ok(share.plans.slice(0, share.firstRound).every(({ index }) => index < whole.firstRound));
    }
  });

  void test('pairs two different hazards, never the absence of any and never two clocks', () => {
    const { plans } = makeDeck({ ...options, rounds: 20, pairs: 10 });
    const pairs = plans.map(({ hazards }) => hazards).filter((hazards) => hazards.length > 1);
    assert.ok(pairs.length > 100);
    for (const pair of pairs) {
      assert.equal(new Set(pair).size, 2);
      assert.ok(!pair.includes('none'));
      assert.ok(!pair.every((hazard) => hazard.includes('clock-jump')));
    }
  });
});

void describe('a plan file that cannot be used is refused with the reason', () => {
  const plan = makePlan(SIZES, ['client-pause'], 1, 0, 'busy');
  const refused = (change: object): string => {
    try {
      parsePlan(JSON.stringify({ ...plan, ...change }), 'p.json');
    } catch (error) {
      assert.ok(error instanceof PlanError);
      return error.message;
    }
    throw new Error('it was accepted');
  };

  void test('each wrong field by its name', () => {
    for (const name of Object.keys(plan)) {
      if (name === 'holdfast') continue;
      const message = refused({ [name]: null });
      assert.ok(message.startsWith('p.json ') && !message.includes('\n'), message);
      if (name !== 'version') assert.match(message, new RegExp(`\\b${name}: `));
    }
  });

  void test('a newer version, before anything else of it is looked at', () => {
    assert.match(refused({ version: 2, faults: 'in a new form' }), /plan of version 2; this program knows up to 1/);
  });
});

void describe('a plan of any size', () => {
  const plan = makePlan(SIZES, ['client-pause'], 1, 0, 'busy');
  const [fault] = plan.faults;
  const wrong: readonly (readonly [change: object, message: RegExp])[] = [
    [{ clientsPerWorker: 1_000_000 }, /clientsPerWorker: .*<=1000/],
    [{ leaseMs: 1e300 }, /leaseMs: .*<=86400000/],
    [{ workMs: 1e15 }, /workMs: .*<=86400000/],
    [{ keys: Array.from({ length: 1001 }, (_, key) => `k${key}`) }, /keys: .*<=1000/],
    [{ lock: 'x'.repeat(5000) }, /lock: .*<=4096/],
    [{ options: { x: 'x'.repeat(100_001) } }, /options: expected at most 100000 characters/],
    [
      {
        faults: [
          { ...fault, id: 'a', durationMs: 5e7 },
          { ...fault, id: 'b', durationMs: 5e7 },
        ],
      },
      /faults: .* 86400000 ms/,
    ],
  ];
  for (const [change, message] of wrong) {
    const field = Object.keys(change).join();
    void test(`is refused beyond its bounds, and the bound is named: ${field}`, () => {
      assert.throws(
        () => parsePlan(JSON.stringify({ ...plan, ...change }), 'p'),
        (error) => error instanceof PlanError && message.test(error.message) && !error.message.includes('\n'),
      );
    });
  }

  void test('is refused where a number in it is too large for a number', () => {
    const text = JSON.stringify(plan).replace(`"leaseMs":${plan.leaseMs}`, '"leaseMs":1e999');
    assert.throws(() => parsePlan(text, 'p'), PlanError);
  });

  void test('is refused where it is nested without end', () => {
    const deep = `${'['.repeat(20_000)}${']'.repeat(20_000)}`;
    const text = JSON.stringify(plan).replace('"options":{', `"options":{"deep":${deep},`);
    assert.throws(() => parsePlan(text, 'p'), { name: 'PlanError', message: /nested more than 256 levels deep/ });
  });
});
