/** The general checker, each of its searches, and the counter agree with brute force. `npm run evidence -- --only agreement` for many more. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { counterFaults } from '../../harness/check/counter.ts';
import { limitOf, linearize } from '../../harness/check/linearize.ts';
import { kvModel, mutexModel, registerModel } from '../../harness/check/models.ts';
import { depthFirst } from '../../harness/check/search-depth-first.ts';
import { justInTime } from '../../harness/check/search-just-in-time.ts';
import {
  problemOf,
  type Search,
  type SearchResult,
  type SequentialModel,
  type SequentialOperation,
} from '../../harness/check/sequential.ts';
import { casesOf, draws } from '../effort.ts';
import { isLinearizable } from './general-brute-force.ts';

const HISTORIES = casesOf(3000);

type Call = Pick<SequentialOperation, 'f' | 'input' | 'output'>;

/** Operations one after another, each stretched over its neighbours, so that about half of the histories are legal. */
function histories(
  call: fc.Arbitrary<Call>,
  answered: (calls: readonly Call[]) => readonly Call[],
): fc.Arbitrary<SequentialOperation[]> {
  const one = fc.record({
    call,
    before: fc.nat(4),
    after: fc.nat(4),
    pending: fc.nat(6).map((n) => n === 0),
    lie: fc.nat(4).map((n) => n === 0),
  });
  return fc.array(one, { minLength: 1, maxLength: 6 }).map((steps) => {
    const truth = answered(steps.map((step) => step.call));
    return steps.map(({ before, after, pending, lie, call: said }, index): SequentialOperation => {
      const { f, input, output } = lie ? said : (truth[index] ?? said);
      return {
        f,
        input,
        output: pending ? undefined : output,
        called: Math.max(0, index * 2 + 2 - before),
        returned: pending ? Infinity : index * 2 + 2 + after,
        invokeRef: index * 2,
        completionRef: index * 2 + 1,
        process: index,
      };
    });
  });
}

const small = fc.nat(2);
const registerCalls: fc.Arbitrary<Call> = fc.oneof(
  small.map((value) => ({ f: 'read', input: undefined, output: value === 0 ? null : value })),
  small.map((value) => ({ f: 'write', input: value, output: undefined })),
  fc
    .record({ from: small, to: small, swapped: fc.boolean() })
    .map(({ from, to, swapped }) => ({ f: 'cas', input: [from, to], output: swapped })),
);

function answerRegister(calls: readonly Call[]): Call[] {
  let value: unknown = null;
  return calls.map((call) => {
    if (call.f === 'read') return { ...call, output: value };
    if (call.f === 'write') value = call.input;
    if (call.f !== 'cas' || !Array.isArray(call.input)) return call;
    const swapped = call.input[0] === value;
    if (swapped) value = call.input[1];
    return { ...call, output: swapped };
  });
}

const letters = fc.constantFrom('', 'a', 'b', 'ab');
const kvCalls: fc.Arbitrary<Call> = fc
  .record({ f: fc.constantFrom('get', 'get', 'put', 'append'), text: letters })
  .map(({ f, text }) => ({
    f,
    input: f === 'get' ? undefined : text,
    output: f === 'get' ? text : undefined,
  }));

function answerKv(calls: readonly Call[]): Call[] {
  let value = '';
  return calls.map((call) => {
    if (call.f === 'get') return { ...call, output: value };
    value = call.f === 'put' ? String(call.input) : value + String(call.input);
    return call;
  });
}

const mutexCalls: fc.Arbitrary<Call> = fc
  .constantFrom('acquire', 'release')
  .map((f) => ({ f, input: undefined, output: undefined }));

const counterModel: SequentialModel<number> = {
  initial: 0,
  step: (value, { f, output }) => {
    const after = f === 'read' ? value : value + 1;
    return output === undefined || output === after ? after : undefined;
  },
  key: String,
};
const counterCalls: fc.Arbitrary<Call> = fc
  .record({ f: fc.constantFrom('increment', 'increment', 'read'), output: fc.nat(4) })
  .map((call) => ({ ...call, input: undefined }));

function answerCounter(calls: readonly Call[]): Call[] {
  let value = 0;
  return calls.map((call) => ({ ...call, output: call.f === 'read' ? value : ++value }));
}

function finish(search: Search): SearchResult {
  for (;;) {
    const turn = search.next();
    if (turn.done === true) return turn.value;
  }
}

function agree<State>(model: SequentialModel<State>, from: fc.Arbitrary<SequentialOperation[]>): void {
  const illegal = { seen: 0 };
  fc.assert(
    fc.property(from, (operations) => {
      const expected = isLinearizable(model, operations);
      if (!expected) illegal.seen += 1;
      assert.equal(linearize(model, operations, limitOf({})).kind, expected ? 'legal' : 'illegal');
      const [first, second] = [depthFirst, justInTime].map((search) => finish(search(problemOf(model, operations))));
      assert.deepEqual(first, second, 'both searches get equally far');
      assert.equal(first?.legal, expected);
    }),
    draws(HISTORIES),
  );
  assert.ok(
    illegal.seen > HISTORIES / 20 && illegal.seen < HISTORIES * 0.95,
    `${illegal.seen} of ${HISTORIES} were illegal`,
  );
}

void test('register: an order of reads, writes and swaps exists exactly when both searches find one', () => {
  agree(registerModel, histories(registerCalls, answerRegister));
});
void test('kv: an order of gets, puts and appends exists exactly when both searches find one', () => {
  agree(kvModel, histories(kvCalls, answerKv));
});
void test('mutex: an order of acquires and releases exists exactly when both searches find one', () => {
  agree(
    mutexModel,
    histories(mutexCalls, (calls) =>
      calls.map((call, index) => ({ ...call, f: index % 2 === 0 ? 'acquire' : 'release' })),
    ),
  );
});
void test('counter: the answers alone tell whether an order of increments and reads exists', () => {
  const of = histories(counterCalls, answerCounter);
  agree(counterModel, of);
  fc.assert(
    fc.property(of, (operations) => {
      // A read without an answer changes nothing and is left out by the reader of histories.
      const told = operations.filter(({ f, returned }) => f !== 'read' || returned !== Infinity);
      assert.equal(counterFaults(told).length === 0, isLinearizable(counterModel, operations));
    }),
    draws(HISTORIES),
  );
});
