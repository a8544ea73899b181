/** For each hazard: a history in which its fault bit, and those nearest to it in which it did not. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { HAZARDS, type Hazard } from '../../implementations/claims.ts';
import { judgeBites } from '../../harness/faults/bite.ts';
import type { FileObservation, HistoryEvent } from '../../harness/history/events.ts';
import type { Fault, Plan } from '../../harness/plan/plan.ts';

const MS = 1e6;
/** The fault is on worker 0 and node 0 for this time. */
const [FROM, TO] = [1000, 2000];

function planOf(hazard: Hazard, fields: Partial<Fault>): Plan {
  const fault: Fault = { id: 'f1', hazard, afterMs: 0, durationMs: 1000, workers: [0], nodes: [0], ...fields };
  return {
    ...{ holdfast: 'plan', version: 1, index: 0, seed: 1, lock: 'x', options: {}, topology: 'single' },
    ...{ scenario: 'shared-counter', hazards: [hazard], workers: 2, clientsPerWorker: 1, keys: ['a'], lapseKey: 'l' },
    ...{ leaseMs: 600, acquireTimeoutMs: 2400, renew: true, holdsMs: [1], thinksMs: [1], workMs: 1, recoverMs: 1 },
    faults: [fault],
  };
}

const nemesis =
  (phase: string, atMs: number) =>
  (hazard: string): HistoryEvent => ({
    ...{ type: 'info', process: 'nemesis', f: hazard, time: atMs * MS },
    value: { fault: 'f1', phase, target: { worker: 0 } },
  });
const wire =
  (worker: number, node: number, ms: number, end: 'reply' | 'closed' | 'open', atMs = TO - 10) =>
  (): HistoryEvent => ({
    ...{ type: 'info', process: `worker-${worker}`, f: 'wire', value: { node, ms, end }, time: atMs * MS },
  });
/** Process n is client n; clients 0 and 2 are in worker 0, clients 1 and 3 in worker 1. */
const step =
  (type: HistoryEvent['type'], process: number, f: string, atMs: number, value: object = {}) =>
  (): HistoryEvent => ({
    ...{ type, process, f, key: 'a', time: atMs * MS, value: { lease: `L${process}`, ...value } },
  });
const granted = (process: number, atMs: number, deadlineMs?: number) => [
  step('invoke', process, 'acquire', atMs - 5),
  step('ok', process, 'acquire', atMs, deadlineMs === undefined ? {} : { deadline: deadlineMs * MS }),
];
const released = (process: number, atMs: number) => [
  step('invoke', process, 'release', atMs),
  step('ok', process, 'release', atMs + 2, { outcome: 'released' }),
];
const renewed = (process: number, atMs: number, deadlineMs: number) => (): HistoryEvent => ({
  ...{ type: 'info', process: `worker-${process % 2}`, f: 'renew', key: 'a', time: atMs * MS },
  value: { lease: `L${process}`, deadline: deadlineMs * MS },
});

type Tale = readonly ((hazard: string) => HistoryEvent)[];

function judged(hazard: Hazard, tale: Tale, fields: Partial<Fault> = {}) {
  const events = [nemesis('start', FROM), ...tale, nemesis('end', TO)].map((make) => make(hazard));
  const ordered = events.toSorted((a, b) => (a.time ?? 0) - (b.time ?? 0));
  return judgeBites(planOf(hazard, fields), ordered);
}

interface Rule {
  readonly fields?: Partial<Fault>;
  readonly bites: Readonly<Record<string, Tale>>;
  readonly spares: Readonly<Record<string, Tale>>;
}

const elsewhere = (ms: number, end: 'reply' | 'closed' | 'open'): Record<string, Tale> => ({
  'the same of another worker': [wire(1, 0, ms, end)],
  'the same on another node': [wire(0, 1, ms, end)],
  'the same before': [wire(0, 0, ms, end, FROM - 10)],
  'the same after': [wire(0, 0, ms, end, TO + ms + 10)],
  'nothing at all': [],
});
const delayed: Rule = {
  fields: { delayMs: 100 },
  bites: {
    'an answer later than the delay': [wire(0, 0, 101, 'reply')],
    'a request open for longer': [wire(0, 0, 101, 'open')],
  },
  spares: { 'an answer sooner than the delay': [wire(0, 0, 80, 'reply')], ...elsewhere(101, 'reply') },
};
const unanswered: Rule = {
  bites: {
    'a request that stays open': [wire(0, 0, 150, 'open')],
    'a connection closed under a request': [wire(0, 0, 40, 'closed')],
  },
  spares: { 'an answer in good time': [wire(0, 0, 40, 'reply')], ...elsewhere(150, 'open') },
};
const file =
  (worker: number, what: FileObservation['what'], atMs = TO - 10) =>
  (): HistoryEvent => ({
    ...{ type: 'info', process: `worker-${worker}`, f: 'file', time: atMs * MS },
    value: { call: 'mkdir', what, ms: 0 },
  });
const inFolder = (what: FileObservation['what'], other: FileObservation['what']): Rule => ({
  bites: { 'a call that it struck': [file(0, what)] },
  spares: {
    'another effect': [file(0, other)],
    'the same of another worker': [file(1, what)],
    'the same before': [file(0, what, FROM - 10)],
    'the same after': [file(0, what, TO + 10)],
    'nothing at all': [],
  },
});
const whileHeld: Rule = {
  bites: { 'a lease in force': granted(1, FROM - 50, TO), 'a lease of whichever worker': granted(0, FROM - 50) },
  spares: {
    'a lease released before': [...granted(1, FROM - 50), ...released(1, FROM - 10)],
    'a lease granted later': granted(1, FROM + 50),
    'nothing at all': [],
  },
};
const stamped: Rule = {
  fields: { jumpMs: 6000 },
  bites: { 'a clock that was seen to have moved': [nemesis('bit', FROM + 1)] },
  spares: { 'a clock that was not': granted(0, FROM - 50) },
};
const { 'the same of another worker': _, ...elsewhereOfAnyWorker } = elsewhere(150, 'open');

const RULES: Readonly<Record<string, Rule>> = {
  latency: delayed,
  'slow-node': delayed,
  'late-request': {
    fields: { delayMs: 100 },
    bites: { 'a late answer: it was carried out': [wire(0, 0, 101, 'reply')] },
    spares: {
      'a request that was never answered': [wire(0, 0, 101, 'open')],
      'a connection closed under it': [wire(0, 0, 101, 'closed')],
      ...elsewhere(101, 'reply'),
    },
  },
  reset: {
    bites: { 'a connection closed under a request': [wire(0, 0, 40, 'closed')] },
    spares: { 'a late answer': [wire(0, 0, 400, 'reply')], ...elsewhere(40, 'closed') },
  },
  'lost-reply': unanswered,
  'server-pause': {
    ...unanswered,
    fields: { workers: [] },
    bites: { ...unanswered.bites, 'of whichever worker': [wire(1, 0, 150, 'open')] },
    spares: elsewhereOfAnyWorker,
  },
  'minority-partition': unanswered,
  'client-partition': {
    bites: { ...unanswered.bites, 'a deadline that passes inside the cut': granted(0, FROM - 50, TO - 100) },
    spares: {
      ...unanswered.spares,
      'a deadline after the cut': granted(0, FROM - 50, TO + 100),
      'a deadline of another worker': granted(1, FROM - 50, TO - 100),
    },
  },
  'client-pause': {
    bites: {
      'a deadline that passes while it is stopped and holding': granted(0, FROM - 50, TO - 100),
      'the same for a second client of the worker': granted(2, FROM - 50, TO - 100),
      'a lease without a deadline, if the pause is longer than a lease': granted(0, FROM - 50),
    },
    spares: {
      'a deadline after the pause': granted(0, FROM - 50, TO + 100),
      'a deadline moved beyond the pause': [...granted(0, FROM - 50, TO - 100), renewed(0, FROM - 10, TO + 100)],
      'a lease released before': [...granted(0, FROM - 50, TO - 100), ...released(0, FROM - 10)],
      'a lease of another worker': granted(1, FROM - 50, TO - 100),
      'an acquire under way': [step('invoke', 0, 'acquire', FROM - 5)],
    },
  },
  'client-crash': {
    bites: {
      'it was holding': granted(0, FROM - 50, TO),
      'it was acquiring': [step('invoke', 0, 'acquire', FROM - 5)],
    },
    spares: {
      'it was doing neither': [...granted(0, FROM - 50), ...released(0, FROM - 10)],
      'another was holding': granted(1, FROM - 50),
      'another was acquiring': [step('invoke', 1, 'acquire', FROM - 5)],
      'it had failed to acquire': [step('invoke', 0, 'acquire', FROM - 5), step('fail', 0, 'acquire', FROM - 2)],
    },
  },
  'server-crash': whileHeld,
  'server-crash-volatile': whileHeld,
  failover: stamped,
  'majority-partition': {
    bites: {
      'an acquire that failed': [step('invoke', 0, 'acquire', FROM + 5), step('fail', 0, 'acquire', FROM + 200)],
      'an acquire of unknown outcome': [step('invoke', 0, 'acquire', FROM + 5), step('info', 0, 'acquire', FROM + 200)],
      'an acquire that waited until it ended': [
        step('invoke', 0, 'acquire', FROM + 5),
        step('ok', 0, 'acquire', TO + 50),
      ],
    },
    spares: {
      'an acquire that was granted': [step('invoke', 0, 'acquire', FROM + 5), step('ok', 0, 'acquire', FROM + 200)],
      'an acquire of a worker that is not cut off': [
        step('invoke', 1, 'acquire', FROM + 5),
        step('fail', 1, 'acquire', FROM + 200),
      ],
      'an acquire that failed before': [step('invoke', 0, 'acquire', FROM - 20), step('fail', 0, 'acquire', FROM - 5)],
    },
  },
  'clock-jump': stamped,
  'clock-jump-back': stamped,
  'clock-jump-majority': stamped,
  'client-clock-jump': stamped,
  'full-disk': inFolder('refused', 'late'),
  'read-only-disk': inFolder('refused', 'stale'),
  'slow-disk': inFolder('late', 'refused'),
  'stale-mtime': inFolder('stale', 'late'),
};

for (const [hazard, { fields, bites, spares }] of Object.entries(RULES)) {
  void describe(hazard, () => {
    for (const [what, tale] of Object.entries(bites)) {
      void test(`bites: ${what}`, () => {
        assert.deepEqual(judged(hazard, tale, fields), { applied: ['f1'], bitten: ['f1'] });
      });
    }
    for (const [what, tale] of Object.entries(spares)) {
      void test(`does not bite: ${what}`, () => {
        assert.deepEqual(judged(hazard, tale, fields), { applied: ['f1'], bitten: [] });
      });
    }
  });
}

void test('every hazard that disturbs has a rule', () => {
  assert.deepEqual(Object.keys(RULES).toSorted(), HAZARDS.filter((hazard) => hazard !== 'none').toSorted());
});

void test('a fault that never began was neither applied nor did it bite', () => {
  const events = granted(0, 500, 1500).map((make) => make());
  assert.deepEqual(judgeBites(planOf('client-pause', {}), events), { applied: [], bitten: [] });
});
