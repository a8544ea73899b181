import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { HistoryEvent } from '../../harness/history/events.ts';
import { GuardedResource } from '../../harness/resource/guarded.ts';
import { scenario } from '../../scenarios/shared-counter.ts';

type Seen = Readonly<Partial<Record<'plain' | 'fenced', number>>>;

class Bench {
  readonly events: HistoryEvent[] = [];
  readonly #resource = new GuardedResource(
    scenario,
    { names: ['a', 'b'], workers: 2, clients: 2, leaseMs: 600, endless: false },
    () => this.events.length,
    (event) => this.events.push(event),
  );
  #id = 0;

  read(lease: string, fence?: string, key = 'a'): Seen {
    return this.#use('read', { plain: {}, fenced: {} }, 'value', { lease, key, fence });
  }

  write(lease: string, { plain, fenced }: Seen, fence?: string, key = 'a'): Seen {
    const argument = {
      ...(plain === undefined ? {} : { plain: { from: plain } }),
      ...(fenced === undefined ? {} : { fenced: { from: fenced } }),
    };
    return this.#use('write', argument, 'to', { lease, key, fence });
  }

  #use(
    operation: string,
    argument: object,
    answer: string,
    { lease, key, fence }: { lease: string; key: string; fence: string | undefined },
  ): Seen {
    const use = { id: ++this.#id, key, lease, ...(fence === undefined ? {} : { fence }) };
    const { seen } = this.#resource.use({ ...use, operation, argument });
    return Object.fromEntries(Object.entries(seen).map(([door, values]) => [door, values[answer] as number]));
  }
}

void describe('the plain door', () => {
  void test('lets everybody in, and stores what was computed from what was read', () => {
    const bench = new Bench();
    const [mine, yours] = [bench.read('A'), bench.read('B')];
    assert.deepEqual([mine, yours], [{ plain: 0 }, { plain: 0 }]);
    assert.deepEqual(bench.write('A', mine), { plain: 1 });
    assert.deepEqual(bench.write('B', yours), { plain: 1 }, 'an update is lost');
  });
});

void describe('the fenced door', () => {
  void test('stays shut for those without a token', () => {
    const bench = new Bench();
    assert.deepEqual(bench.read('A'), { plain: 0 });
    assert.deepEqual(bench.write('A', { plain: 0, fenced: 0 }), { plain: 1 });
  });

  void test('refuses a token below the highest that it has seen, by a write', () => {
    const bench = new Bench();
    const old = bench.read('A', '1');
    bench.write('B', bench.read('B', '2'), '2');
    assert.deepEqual(bench.write('A', old, '1'), { plain: 1 }, 'refused there, and a lost update at the plain door');
    assert.deepEqual(bench.read('C', '3'), { plain: 1, fenced: 1 });
  });

  void test('refuses it also if the higher token has only read', () => {
    const bench = new Bench();
    const old = bench.read('A', '1');
    const young = bench.read('B', '2');
    assert.deepEqual(bench.write('A', old, '1'), { plain: 1 });
    assert.deepEqual(bench.write('B', young, '2'), { plain: 1, fenced: 1 });
  });

  void test('refuses a late read, and has nothing for its writer to write', () => {
    const bench = new Bench();
    bench.read('B', '2');
    const seen = bench.read('A', '1');
    assert.deepEqual(seen, { plain: 0 });
    assert.deepEqual(bench.write('A', seen, '1'), { plain: 1 });
    assert.equal(bench.events.filter(({ f, value }) => f === 'write' && doorOf(value) === 'fenced').length, 0);
  });

  void test('lets the same token in again, and compares tokens as numbers of any size', () => {
    const bench = new Bench();
    const high = String(2n ** 64n);
    assert.deepEqual(bench.read('A', '9'), { plain: 0, fenced: 0 });
    assert.deepEqual(bench.read('A', '9'), { plain: 0, fenced: 0 });
    assert.deepEqual(bench.read('B', '10'), { plain: 0, fenced: 0 });
    assert.deepEqual(bench.read('A', '9'), { plain: 0 });
    assert.deepEqual(bench.read('C', high), { plain: 0, fenced: 0 });
    assert.deepEqual(bench.read('D', String(2n ** 64n - 1n)), { plain: 0 });
  });

  void test('keeps a mark for each key', () => {
    const bench = new Bench();
    bench.read('A', '5', 'a');
    assert.deepEqual(bench.read('B', '1', 'b'), { plain: 0, fenced: 0 });
  });
});

void test('every use of each door is observed, refused ones too', () => {
  const bench = new Bench();
  bench.write('B', bench.read('B', '2'), '2');
  bench.read('A', '1');
  const seen = bench.events.map(({ f, process, value }) => [process, f, value]);
  const use = (lease: string, fence: string, door: string, rest: object): object => ({ lease, fence, door, ...rest });
  assert.deepEqual(seen, [
    ['resource', 'read', use('B', '2', 'plain', { value: 0, accepted: true })],
    ['resource', 'read', use('B', '2', 'fenced', { value: 0, accepted: true })],
    ['resource', 'write', use('B', '2', 'plain', { from: 0, to: 1, accepted: true })],
    ['resource', 'write', use('B', '2', 'fenced', { from: 0, to: 1, accepted: true })],
    ['resource', 'read', use('A', '1', 'plain', { value: 1, accepted: true })],
    ['resource', 'read', use('A', '1', 'fenced', { value: 1, accepted: false })],
  ]);
});

void test('what is done without a lease goes through both doors, and raises no mark', () => {
  const events: HistoryEvent[] = [];
  const plan = { names: ['a'], workers: 1, clients: 1, leaseMs: 600, endless: false };
  const resource = new GuardedResource(
    scenario,
    plan,
    () => events.length,
    (event) => events.push(event),
  );
  const read = (use: object): unknown =>
    resource.use({ id: 1, key: 'a', operation: 'read', argument: { plain: {}, fenced: {} }, ...use }).seen;
  const both = { plain: { value: 0 }, fenced: { value: 0 } };
  assert.deepEqual(read({ lease: 'A', fence: '5' }), both);
  assert.deepEqual(read({ client: 3 }), both);
  assert.deepEqual(read({ lease: 'B', fence: '4' }), { plain: { value: 0 } });
  assert.deepEqual(
    read({ lease: 'B', fence: '4', lock: 'another' }),
    both,
    'tokens of another lock say nothing of this',
  );
});

void test('an operation or a name that the scenario does not have is a mistake that is named', () => {
  const plan = { names: ['a'], workers: 1, clients: 1, leaseMs: 600, endless: false };
  const resource = new GuardedResource(
    scenario,
    plan,
    () => 0,
    () => undefined,
  );
  const use = { id: 1, client: 0, argument: { plain: {} } };
  assert.throws(() => resource.use({ ...use, key: 'a', operation: 'sell' }), /no operation "sell"/);
  assert.throws(() => resource.use({ ...use, key: 'z', operation: 'read' }), /no resource "z"/);
});

const doorOf = (value: unknown): unknown => (value as { door?: unknown }).door;
