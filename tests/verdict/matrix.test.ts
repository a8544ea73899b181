import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Claims, Hazard, Property } from '../../implementations/claims.ts';
import type { Finding } from '../../harness/check/verdict.ts';
import type { HistoryEvent } from '../../harness/history/events.ts';
import type { Breach } from '../../harness/verdict/breach.ts';
import { judge, type ChargedFinding, type Judgement } from '../../harness/verdict/judge.ts';
import { shownBy, Matrix, type MatrixOptions } from '../../harness/verdict/matrix.ts';
import type { Cell } from '../../harness/report/report.ts';
import { cycle, HEADER, inOrder, nemesis, smallPlan } from './small-plan.ts';

const CLAIMS: Claims = {
  exclusion: {
    otherwise: 'holds',
    except: { 'server-pause': 'unavailable', 'clock-jump': 'not-promised', failover: 'not-applicable' },
    together: [{ hazards: ['client-pause', 'server-crash'], claim: 'not-promised' }],
  },
  'no-lost-update': { otherwise: 'holds' },
  fencing: { otherwise: 'holds' },
};
const HAZARDS: readonly Hazard[] = ['none', 'client-pause', 'server-pause', 'clock-jump', 'failover'];
const OPTIONS: MatrixOptions = { claims: CLAIMS, hazards: HAZARDS, listed: HAZARDS, limits: {} };

function finding(property: Property, kind: Finding['kind'] = 'violation'): Finding {
  return { kind, property, key: 'a', summary: 'what happened', at: 0, leases: [], witness: [] };
}

function charge(found: Finding, hazards: readonly Hazard[]): ChargedFinding {
  return { finding: found, model: 'lock', hazards };
}

/** A judgement by hand: a plan under these hazards in which every fault bit. */
function judgement(hazards: readonly Hazard[], override: Partial<Judgement> = {}): Judgement {
  const plan = smallPlan(hazards);
  const faults = plan.faults.map(({ id }) => id);
  return {
    ...{ plan, events: [], findings: [], breaches: [], increments: 0, overruns: 0, refusedStale: 0, deadGrants: 0 },
    ...{ operations: { exclusion: 10, 'no-lost-update': 10, fencing: 10 }, applied: faults, bitten: faults },
    ...override,
  };
}

const witness = () => ({ plan: 'plan.json', replay: 'replay', witness: { summary: 'w', story: [], events: [] } });

function cellsOf(judgements: readonly Judgement[], options: Partial<MatrixOptions> = {}): Cell[] {
  const matrix = new Matrix({ ...OPTIONS, ...options });
  for (const one of judgements) matrix.add(one);
  return matrix.cells(witness);
}

function cellOf(cells: readonly Cell[], hazard: string, property: Property = 'exclusion'): Cell {
  const found = cells.filter((cell) => cell.hazard === hazard && cell.property === property);
  assert.equal(found.length, 1, `${property} under ${hazard}`);
  return found[0] as Cell;
}

void describe('a plan that there was no time for', () => {
  const cellsAfter = (judgements: readonly Judgement[], leftOut: readonly (readonly [Hazard[], number])[]): Cell[] => {
    const matrix = new Matrix(OPTIONS);
    for (const one of judgements) matrix.add(one);
    for (const [hazards, wouldTakeMs] of leftOut) matrix.leaveOut(hazards, wouldTakeMs);
    return matrix.cells(witness);
  };

  void test('leaves its cells inconclusive, which say how long the shortest of them takes', () => {
    const cells = cellsAfter(
      [],
      [
        [['client-pause'], 300_000.4],
        [['client-pause'], 120_000.4],
      ],
    );
    const cell = cellOf(cells, 'client-pause');
    assert.equal(cell.verdict, 'inconclusive');
    assert.equal(cell.wouldTakeMs, 120_000);
    assert.match(cell.note ?? '', /there was no time, the plan takes about 2 min$/);
    assert.equal(cellOf(cells, 'none').wouldTakeMs, undefined);
  });

  void test('takes nothing from a cell that others of its kind have shown to hold, or to be violated', () => {
    const violated = judgement(['server-pause'], { findings: [charge(finding('exclusion'), ['server-pause'])] });
    const cells = cellsAfter(
      [judgement(['client-pause']), violated],
      [
        [['client-pause'], 120_000],
        [['server-pause'], 120_000],
      ],
    );
    assert.equal(cellOf(cells, 'client-pause').verdict, 'holds');
    assert.equal(cellOf(cells, 'server-pause').verdict, 'violated');
    assert.ok(cells.every(({ verdict, wouldTakeMs }) => verdict === 'inconclusive' || wouldTakeMs === undefined));
  });
});

void describe('the claim of a cell', () => {
  void test('is the lock’s own; what is not applicable has no cell', () => {
    const cells = cellsOf([]);
    const claims = cells.filter(({ property }) => property === 'exclusion').map(({ hazard, claim }) => [hazard, claim]);
    assert.deepEqual(claims, [
      ['none', 'holds'],
      ['client-pause', 'holds'],
      ['server-pause', 'unavailable'],
      ['clock-jump', 'not-promised'],
    ]);
    assert.ok(cells.every(({ property }) => property !== 'fairness'));
  });

  void test('of two hazards is the weakest of theirs, in whichever order', () => {
    const claimUnder = (...hazards: Hazard[]): string =>
      cellOf(cellsOf([judgement(hazards)]), hazards.toSorted().join('+')).claim;
    assert.equal(claimUnder('client-pause', 'server-pause'), 'unavailable');
    assert.equal(claimUnder('server-pause', 'clock-jump'), 'not-promised');
    assert.equal(claimUnder('clock-jump', 'client-pause'), 'not-promised');
    assert.equal(claimUnder('latency', 'server-crash'), 'holds');
    assert.equal(claimUnder('server-crash', 'client-pause'), 'not-promised', 'the lock says so of these two together');
    const cells = cellsOf([judgement(['client-pause', 'failover'])]);
    assert.ok(cells.every(({ property, hazard }) => property !== 'exclusion' || !hazard.includes('failover')));
  });
});

void describe('the verdict of a cell', () => {
  void test('is inconclusive, and says why, where no plan ran', () => {
    assert.partialDeepStrictEqual(cellOf(cellsOf([]), 'none'), { verdict: 'inconclusive', note: 'not run', runs: 0 });
  });

  void test('is inconclusive where no fault bit', () => {
    const cell = cellOf(cellsOf([judgement(['client-pause'], { bitten: [] })]), 'client-pause');
    assert.partialDeepStrictEqual(cell, { verdict: 'inconclusive', faultsApplied: 1, faultsBitten: 0 });
    assert.match(cell.note ?? '', /none of the faults bit/);
  });

  void test('is inconclusive where nothing happened that tests it', () => {
    const cell = cellOf(cellsOf([judgement(['none'], { operations: {} })]), 'none');
    assert.equal(cell.verdict, 'inconclusive');
  });

  void test('is inconclusive where harm was done whose cause the history does not show', () => {
    const unexplained = charge(finding('no-lost-update', 'inconclusive'), ['none']);
    const cells = cellsOf([judgement(['none'], { findings: [unexplained] })]);
    assert.equal(cellOf(cells, 'none', 'no-lost-update').verdict, 'inconclusive');
    assert.equal(cellOf(cells, 'none').verdict, 'holds', 'of that property only');
  });

  void test('holds where it was tested, and one bite in several plans is enough', () => {
    const cells = cellsOf([judgement(['client-pause'], { bitten: [] }), judgement(['client-pause'])]);
    assert.partialDeepStrictEqual(cellOf(cells, 'client-pause'), {
      ...{ verdict: 'holds', runs: 2, operations: 20, faultsApplied: 2, faultsBitten: 1, violations: 0 },
    });
  });

  void test('is violated by one violation among any number of good runs, and has the first as its witness', () => {
    const bad = (hazards: readonly Hazard[]) => ({ findings: [charge(finding('exclusion'), hazards)] });
    const runs = [judgement(['none']), judgement(['none'], bad(['none'])), judgement(['none'], bad(['none']))];
    const cell = cellOf(cellsOf(runs), 'none');
    assert.partialDeepStrictEqual(cell, { verdict: 'violated', violations: 2, runs: 3, plan: 'plan.json' });
    assert.ok(cell.witness !== undefined);
  });

  void test('is of the hazards that a violation is charged to, whatever else the plan had', () => {
    const findings = [charge(finding('exclusion'), ['client-pause'])];
    const cells = cellsOf([judgement(['client-pause', 'server-pause'], { findings })]);
    assert.equal(cellOf(cells, 'client-pause').verdict, 'violated');
    assert.equal(cellOf(cells, 'client-pause+server-pause').verdict, 'holds');
    assert.equal(cellOf(cells, 'server-pause').verdict, 'inconclusive');
  });

  void test('tells overruns and refused uses, which are no violations', () => {
    const cells = cellsOf([judgement(['client-pause'], { overruns: 2, refusedStale: 1 })]);
    assert.match(cellOf(cells, 'client-pause', 'no-lost-update').note ?? '', /^2 updates lost by writes after/);
    assert.match(cellOf(cells, 'client-pause', 'fencing').note ?? '', /^1 stale use refused/);
    assert.equal(cellOf(cells, 'client-pause', 'no-lost-update').verdict, 'holds');
  });
});

void describe('what every lock is taken to promise', () => {
  void test('composure is violated by a breach that ends a process or keeps it from ending, and by no other', () => {
    const breach = (kind: Breach['kind']): Breach => ({ kind, who: 'worker 1', message: 'what it did' });
    const operations = { composure: 2 };
    for (const kind of ['unhandled-error', 'exit', 'runs-on'] as const) {
      const cells = cellsOf([judgement(['none'], { operations, breaches: [breach(kind)] })]);
      const { verdict, note } = cellOf(cells, 'none', 'composure');
      assert.deepEqual([verdict, note], ['violated', 'what it did']);
    }
    const cells = cellsOf([judgement(['none'], { operations, breaches: [breach('contract')] })]);
    assert.equal(cellOf(cells, 'none', 'composure').verdict, 'holds');
  });

  void test('responsiveness is promised without faults, and nothing of it where the lock says so', () => {
    const ofResponsiveness = (claims: Claims): unknown =>
      cellsOf([], { claims }).flatMap(({ property, hazard, claim }) =>
        property === 'responsiveness' ? [[hazard, claim]] : [],
      );
    assert.deepEqual(ofResponsiveness(CLAIMS), [['none', 'holds']]);
    assert.deepEqual(ofResponsiveness({ ...CLAIMS, responsiveness: { otherwise: 'not-applicable' } }), []);
    assert.deepEqual(ofResponsiveness({}), [], 'of whoever promises nothing nothing is expected');
  });

  void test('a dead grant is inconclusive once, and a violation when it happens twice in a run', () => {
    const claims: Claims = { 'loss-notice': { otherwise: 'holds' } };
    const dead = judgement(['none'], {
      operations: { 'loss-notice': 1 },
      findings: [charge(finding('loss-notice', 'inconclusive'), ['none'])],
    });
    assert.equal(cellOf(cellsOf([dead], { claims }), 'none', 'loss-notice').verdict, 'inconclusive');
    assert.equal(cellOf(cellsOf([dead, dead], { claims }), 'none', 'loss-notice').verdict, 'violated');
  });
});

void describe('exempt', () => {
  void test('is what the profile does not list, what cannot be done here (with the reason), and what combines two', () => {
    const limits = { 'server-pause': 'no hand on the server' } as const;
    const cells = cellsOf([judgement(['none', 'client-pause'])], { listed: ['none', 'server-pause'], limits });
    assert.deepEqual(
      ['none', 'client-pause', 'server-pause', 'client-pause+none'].map((hazard) => cellOf(cells, hazard).exempt),
      [false, true, true, true],
    );
    assert.equal(cellOf(cells, 'server-pause').note, 'no hand on the server');
  });
});

void test('fairness must be exercised without faults; under them, what was left to judge is chance', () => {
  const claims: Claims = { fairness: { otherwise: 'holds' } };
  const cells = cellsOf([judgement(['none'])], { claims });
  const fairness = cells.filter(({ property }) => property === 'fairness');
  assert.deepEqual(
    fairness.filter(({ exempt }) => !exempt).map(({ hazard }) => hazard),
    ['none'],
  );
});

void test('add answers each kind of violation of a promise once, and none of what is not promised', () => {
  const matrix = new Matrix(OPTIONS);
  const under = (hazard: Hazard) => judgement([hazard], { findings: [charge(finding('exclusion'), [hazard])] });
  const broken = (one: Judgement): readonly string[] =>
    matrix.add(one).map(({ charged }) => `${charged.finding.property} ${charged.hazards.join('+')}`);
  assert.deepEqual(broken(under('clock-jump')), []);
  assert.deepEqual(broken(judgement(['none'])), []);
  assert.deepEqual(broken(under('server-pause')), ['exclusion server-pause'], 'unavailable is safe');
  const both = (['exclusion', 'exclusion', 'fencing'] as const).map((property) =>
    charge(finding(property), ['client-pause']),
  );
  assert.deepEqual(broken(judgement(['client-pause'], { findings: both })), [
    'exclusion client-pause',
    'fencing client-pause',
  ]);
});

void describe('a violation is charged to the hazards that had begun before it', () => {
  const overlapAt = (ms: number): HistoryEvent[] => [
    ...cycle(0, 'A', { asked: ms - 10, granted: ms - 5, let: ms + 20, gone: ms + 22 }),
    ...cycle(1, 'B', { asked: ms - 8, granted: ms, let: ms + 10, gone: ms + 12 }),
  ];
  const charged = (ms: number): readonly (readonly Hazard[])[] => {
    const events = inOrder(
      nemesis('client-pause', 'f1.1', 'start', 1000),
      nemesis('client-pause', 'f1.1', 'end', 1100),
      nemesis('reset', 'f2.1', 'start', 2000),
      nemesis('reset', 'f2.1', 'end', 2100),
      ...overlapAt(ms),
    );
    const { findings } = judge(smallPlan(['client-pause', 'reset']), HEADER, events);
    const violations = findings.filter(
      ({ finding: { kind, property } }) => kind === 'violation' && property === 'exclusion',
    );
    assert.ok(violations.length > 0);
    return violations.map(({ hazards }) => hazards);
  };

  void test('before any fault: to none', () => {
    for (const hazards of charged(500)) assert.deepEqual(hazards, ['none']);
  });

  void test('after the first, healed or not: to it alone', () => {
    for (const ms of [1050, 1500]) for (const hazards of charged(ms)) assert.deepEqual(hazards, ['client-pause']);
  });

  void test('after both: to both', () => {
    for (const hazards of charged(2500)) assert.deepEqual(hazards, ['client-pause', 'reset']);
  });
});

test('what was never promised under the hazards of a plan is no broken promise, also beside one', () => {
  const hazards: readonly Hazard[] = ['clock-jump', 'client-pause'];
  const findings = (['exclusion', 'no-lost-update'] as const).map((property) => charge(finding(property), hazards));
  assert.deepEqual(shownBy(CLAIMS, judgement(hazards, { findings })), ['no-lost-update']);
  const unexplained = [charge(finding('fencing', 'inconclusive'), hazards)];
  assert.deepEqual(shownBy(CLAIMS, judgement(hazards, { findings: unexplained })), []);
});
