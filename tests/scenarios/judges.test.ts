/**
 * Each judge against a reading of its invariants that is as plain as their words: over the same random operations, legal
 * and broken, both find the same invariants broken.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { CarriedOut } from '../../harness/check/carried-out.ts';
import { scenarioNames } from '../../harness/run/scenarios.ts';
import { draws } from '../effort.ts';
import { asked, carriedOutBy, loaded, PLAN, type Arguments } from './play.ts';

type All = readonly CarriedOut[];
type Value = Readonly<Record<string, unknown>>;

interface Reading {
  readonly operations: Arguments;
  /** What it takes for an invariant that is seldom broken by chance. */
  readonly focus?: readonly string[];
  /** Each invariant, and whether these operations break it. */
  readonly broken: Readonly<Record<string, (all: All) => boolean>>;
}

const of = (all: All, ...names: string[]): All => all.filter(({ operation }) => names.includes(operation));
/** Pairs in order, on the same resource. */
const pairs = (all: All): [CarriedOut, CarriedOut][] =>
  all.flatMap((one) =>
    all
      .filter((other) => other.place > one.place && other.resource === one.resource)
      .map((other): [CarriedOut, CarriedOut] => [one, other]),
  );
const before = (all: All, one: CarriedOut): All => all.filter(({ place }) => place < one.place);
const at = (one: CarriedOut): All[number]['values'] => one.values;
const number = (value: unknown): number => Number(value);
const eachResource = (all: All, test_: (own: All) => boolean): boolean =>
  PLAN.names.some((name) => test_(all.filter(({ resource }) => resource === name)));
const twice = (all: All, names: string[], what: (values: Value) => unknown): boolean =>
  pairs(of(all, ...names)).some(([one, other]) => what(at(one)) === what(at(other)));

/** A change that another change of the same resource comes before, but after its maker looked, or whose maker never did. */
const undone = (all: All, changes: string[], by: string): boolean =>
  pairs(of(all, ...changes)).some(
    ([earlier, later]) =>
      !of(all, 'look').some(
        (look) =>
          look.resource === later.resource &&
          at(look)[by] === at(later)[by] &&
          look.place > earlier.place &&
          look.place < later.place,
      ),
  );

const nothing = fc.constant({});
const name = fc.constantFrom('x', 'y');
const small = fc.integer({ min: 0, max: 4 });

/** Follows who waits for whom, from whoever gave up. */
function isDeadlock(all: All, over: CarriedOut): boolean {
  const past = before(all, over);
  const ended = (transfer: unknown, since: number): boolean =>
    past.some((one) => one.operation === 'over' && at(one)['transfer'] === transfer && one.place > since);
  const holderOf = (resource: string): unknown => {
    const hold = of(past, 'hold').findLast((one) => one.resource === resource);
    return hold === undefined || ended(at(hold)['transfer'], hold.place) ? undefined : at(hold)['transfer'];
  };
  const wantOf = (transfer: unknown): string | undefined => {
    const last = of(past, 'want', 'hold').findLast((one) => at(one)['transfer'] === transfer);
    return last === undefined || last.operation === 'hold' || ended(transfer, last.place) ? undefined : last.resource;
  };
  const first = at(over)['transfer'];
  let transfer: unknown = first;
  for (let steps = 1; steps <= PLAN.names.length + 1; steps += 1) {
    const wanted = wantOf(transfer);
    transfer = wanted === undefined ? undefined : holderOf(wanted);
    if (transfer === undefined) return false;
    if (transfer === first) return steps > 1;
  }
  return false;
}

const READINGS: Readonly<Record<string, Reading>> = {
  'shared-counter': {
    operations: { read: nothing, write: fc.record({ from: small }) },
    broken: {
      'no update is lost': (all) =>
        eachResource(all, (own) => {
          let value: number | undefined;
          return own.some(({ operation, values }) => {
            value ??= operation === 'read' ? number(values['value']) : number(values['from']);
            if (operation === 'read') return false;
            const lost = values['from'] !== value;
            value = number(values['to']);
            return lost;
          });
        }),
    },
  },
  'flash-sale': {
    operations: {
      look: fc.record({ buyer: name }),
      sell: fc.record({ buyer: name, seen: fc.integer({ min: 1, max: 40 }) }),
      tell: fc.record({ buyer: name, told: fc.option(small) }),
    },
    broken: {
      'no unit is sold twice': (all) => twice(all, ['sell'], ({ unit }) => unit),
      'no more is sold than there was': (all) => eachResource(all, (own) => of(own, 'sell').length > 12),
      'every buyer is told the truth': (all) =>
        eachResource(all, (own) =>
          of(own, 'tell').some((tell) => {
            const sales = of(before(own, tell), 'sell');
            const sale = sales.findLast((one) => at(one)['buyer'] === at(tell)['buyer']);
            const buyers = new Set(sales.map((one) => at(one)['buyer']));
            return at(tell)['told'] === null
              ? sale !== undefined || buyers.size < 12
              : sale?.values['unit'] !== at(tell)['told'];
          }),
        ),
    },
  },
  'scheduled-task': {
    operations: {
      look: nothing,
      start: fc.record({ begun: small }),
      finish: fc.record({ ran: small }),
      leave: fc.record({ left: small }),
    },
    broken: {
      'a task runs at most once in a period': (all) => twice(all, ['finish'], ({ ran }) => ran),
      'nobody is sent away from a task that has not run': (all) =>
        eachResource(all, (own) =>
          of(own, 'leave').some((leave) =>
            of(before(own, leave), 'finish').every((one) => at(one)['ran'] !== at(leave)['left']),
          ),
        ),
    },
  },
  leader: {
    operations: { lead: nothing, act: fc.record({ term: small }) },
    broken: {
      'terms of those who act never fall': (all) =>
        pairs(of(all, 'act')).some(([one, other]) => number(at(one)['term']) > number(at(other)['term'])),
    },
  },
  'file-processing': {
    operations: {
      pick: nothing,
      finish: fc.record({ file: small }),
      publish: fc.record({ file: small }),
      mark: fc.record({ processed: small }),
    },
    broken: {
      'the result of a file appears once': (all) => twice(all, ['finish', 'publish'], ({ file }) => file),
      'no file is left out': (all) =>
        eachResource(all, (own) => {
          const results = of(own, 'finish', 'publish');
          return results.some((one) => {
            const files = before(results, one).map((other) => at(other)['file']);
            const { file } = at(one);
            return file !== 0 && !files.includes(file) && !files.includes(number(file) - 1);
          });
        }),
    },
  },
  'duplicate-submit': {
    operations: {
      find: fc.record({ request: name }),
      create: fc.record({ request: name, order: name }),
      mark: fc.record({ request: name, forMs: small }),
      answer: fc.record({ request: name, told: name }),
    },
    broken: {
      'there is one order for each idempotency key': (all) => twice(all, ['create'], ({ request }) => request),
      'everybody is given the answer of the first': (all) =>
        eachResource(all, (own) =>
          of(own, 'answer').some((answer) => {
            const first = of(before(own, answer), 'create').find((one) => at(one)['request'] === at(answer)['request']);
            return first?.values['order'] !== at(answer)['told'];
          }),
        ),
    },
  },
  'resource-booking': {
    operations: { look: fc.record({ by: name }), book: fc.record({ by: name }), free: fc.record({ by: name }) },
    broken: {
      'a slot is booked by one at a time': (all) => takes(all, 'book'),
      'only its owner frees a slot': (all) => takes(all, 'free'),
    },
  },
  'rate-limit': {
    operations: { count: nothing, list: nothing, pass: fc.constantFrom({}, { stampMs: 3 }) },
    broken: {
      'no more than 2 are let through in any 80 ms': (all) =>
        eachResource(all, (own) => {
          const times = of(own, 'pass').map(({ atMs }) => atMs);
          return times.some((from) => times.filter((time) => time >= from && time < from + 80).length > 2);
        }),
    },
  },
  'cache-rebuild': {
    focus: ['asked', 'wrote', 'saw', 'load', 'fill'],
    operations: {
      get: nothing,
      current: nothing,
      store: fc.record({ version: small }),
      drop: nothing,
      load: nothing,
      fill: fc.record({ filled: small }),
      wrote: fc.record({ written: small }),
      asked: fc.record({ reader: name }),
      saw: fc.record({ reader: name, seen: small }),
    },
    broken: {
      'no reader sees less than what had been written before it came': (all) =>
        eachResource(all, (own) =>
          of(own, 'saw').some((saw) => {
            const came = of(before(own, saw), 'asked').findLast((one) => at(one)['reader'] === at(saw)['reader']);
            const written =
              came === undefined ? [] : of(before(own, came), 'wrote').map((one) => number(at(one)['written']));
            return written.some((version) => version > number(at(saw)['seen']));
          }),
        ),
      'one client at a time rebuilds the cache': (all) =>
        pairs(of(all, 'load', 'fill')).some(
          ([load, fill]) =>
            load.operation === 'load' &&
            fill.operation === 'fill' &&
            load.lease === fill.lease &&
            of(all, 'load').every(
              (one) =>
                one.resource !== load.resource ||
                one.lease !== load.lease ||
                one.place <= load.place ||
                one.place > fill.place,
            ) &&
            of(all, 'load').some(
              (one) =>
                one.resource === load.resource &&
                one.lease !== load.lease &&
                one.place > load.place &&
                one.place < fill.place,
            ),
        ),
    },
  },
  transfer: {
    operations: {
      want: fc.record({ transfer: name }),
      hold: fc.record({ transfer: name }),
      look: fc.record({ transfer: name }),
      put: fc.record({ transfer: name, read: small, amount: fc.integer({ min: -4, max: 4 }) }),
      over: fc.record({ transfer: name, how: fc.constantFrom('paid', 'refused', 'gave up', 'gave up') }),
    },
    broken: {
      'the sum of all balances stays the same': (all) => undone(all, ['put'], 'transfer'),
      'no balance falls below zero': (all) => of(all, 'put').some((one) => number(at(one)['left']) < 0),
      'a transfer takes and gives, or does neither': (all) =>
        of(all, 'over').some((over) => {
          const puts = of(all, 'put').filter((one) => at(one)['transfer'] === at(over)['transfer']);
          return puts.length !== (at(over)['how'] === 'paid' ? 2 : 0);
        }),
      'nobody waits for ever': (all) =>
        of(all, 'over').some((over) => at(over)['how'] === 'gave up' && isDeadlock(all, over)),
    },
  },
  'sharded-inventory': {
    operations: {
      look: fc.record({ by: name }),
      sell: fc.record({ by: name, read: small }),
      shift: fc.record({ by: name, read: small, count: small }),
      moved: fc.record({ by: name }),
    },
    broken: {
      'no unit is lost or made where others sell or move': (all) => undone(all, ['sell', 'shift'], 'by'),
      'no more is sold than there was in all shards': (all) => of(all, 'sell').length > 20,
      'what is taken from one shard is put into another': (all) =>
        of(all, 'moved').some(
          (moved) => of(all, 'shift').filter((one) => at(one)['by'] === at(moved)['by']).length !== 2,
        ),
    },
  },
  saga: {
    operations: {
      look: fc.record({ saga: name }),
      step: fc.record({ saga: name, read: small }),
      undo: fc.record({ saga: name, read: small }),
      end: fc.record({
        saga: name,
        how: fc.constantFrom('done', 'undone'),
        steps: fc.integer({ min: 0, max: 2 }),
        held: fc.constantFrom([], [], ['a']),
      }),
    },
    broken: {
      'no seat is lost or given twice': (all) => undone(all, ['step', 'undo'], 'saga'),
      'all steps are made, or all that were made are undone': (all) =>
        of(all, 'end').some((end) => {
          const count = (operation: string): number =>
            of(all, operation).filter((one) => at(one)['saga'] === at(end)['saga']).length;
          return at(end)['how'] === 'done'
            ? count('step') !== at(end)['steps'] || count('undo') > 0
            : count('step') !== count('undo');
        }),
      'all locks are free when a saga has ended': (all) =>
        of(all, 'end').some((end) => (at(end)['held'] as unknown[]).length > 0),
    },
  },
  'config-reload': {
    operations: {
      change: nothing,
      look: nothing,
      reload: fc.record({ reloaded: small }),
      settled: fc.record({ settled: small }),
    },
    broken: {
      // Of a version that is reloaded again, it depends on whether a later one was there.
      'a version is reloaded once': (all) => reloads(all, (reloaded, newest) => reloaded === newest),
      'the last version wins': (all) => reloads(all, (reloaded, newest) => reloaded < newest),
      'a change that was made is loaded': (all) =>
        eachResource(all, (own) =>
          of(own, 'settled').some((one) =>
            [0, ...of(before(own, one), 'reload').map((other) => number(at(other)['reloaded']))].every(
              (version) => version < number(at(one)['settled']),
            ),
          ),
        ),
    },
  },
};

const reloads = (all: All, is: (reloaded: number, newest: number) => boolean): boolean =>
  eachResource(all, (own) =>
    of(own, 'reload').some((one) => {
      const earlier = of(before(own, one), 'reload').map((other) => number(at(other)['reloaded']));
      return earlier.length > 0 && is(number(at(one)['reloaded']), Math.max(...earlier));
    }),
  );

/** Books or frees what another has booked less than 200 ms before, and nobody has freed or booked since. */
const takes = (all: All, operation: string): boolean =>
  eachResource(all, (own) =>
    of(own, operation).some((one) => {
      const last = of(before(own, one), 'book', 'free').at(-1);
      return last?.operation === 'book' && last.atMs + 200 > one.atMs && at(last)['by'] !== at(one)['by'];
    }),
  );

test('there is a reading of every scenario', () => {
  assert.deepEqual(Object.keys(READINGS).toSorted(), scenarioNames().toSorted());
});

for (const [scenarioName, { operations, focus, broken }] of Object.entries(READINGS)) {
  test(`${scenarioName}: the judge finds broken what is broken by the words of the invariants`, async () => {
    const scenario = await loaded(scenarioName);
    const seen = new Set<string>();
    fc.assert(
      fc.property(asked(operations, focus), (all) => {
        const done = carriedOutBy(scenario, all);
        const findings = scenario.judge(done, PLAN);
        const found = new Set(findings.map(({ invariant }) => invariant));
        const expected = Object.keys(broken).filter((invariant) => broken[invariant]?.(done));
        assert.deepEqual([...found].toSorted(), expected.toSorted());
        for (const one of expected) seen.add(one);
        for (const { operations: named } of findings) {
          assert.ok(named.length > 0 && named.every(({ place }) => done[place] !== undefined));
          assert.equal(new Set(named.map(({ place }) => place)).size, named.length, 'each is named once');
        }
      }),
      draws(1500),
    );
    const rare = [
      ...['no more is sold than there was', 'no more is sold than there was in all shards'],
      'nobody waits for ever',
    ];
    assert.deepEqual(
      Object.keys(broken).filter((invariant) => !seen.has(invariant) && !rare.includes(invariant)),
      [],
      'each was broken now and then',
    );
  });
}

test('transfer: who waits in a circle is found, and nobody else', async () => {
  const scenario = await loaded('transfer');
  const transfer = fc.record({ transfer: name });
  let circles = 0;
  fc.assert(
    fc.property(asked({ want: transfer, hold: transfer }), name, (waits, last) => {
      const over = { operation: 'over', argument: { transfer: last, how: 'gave up' }, client: 0, on: 'a', afterMs: 1 };
      const done = carriedOutBy(scenario, [...waits, over]);
      const found = scenario.judge(done, PLAN).some(({ invariant }) => invariant === 'nobody waits for ever');
      const expected = done.some((one) => one.operation === 'over' && isDeadlock(done, one));
      assert.equal(found, expected);
      if (found) circles += 1;
    }),
    draws(1500),
  );
  assert.ok(circles > 0);
});
