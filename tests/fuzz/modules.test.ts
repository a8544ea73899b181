/** No lock module, however strange, does more than be refused in one line as what it is. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import * as fc from 'fast-check';
import type { Lease, Lock } from '../../implementations/lock.ts';
import { checkedLock, checkedRelease, ContractError, loadLockModule } from '../../harness/subject/module.ts';
import { draws } from '../effort.ts';
import { assertOneLine, inTime } from './mutations.ts';

/** Expressions for what stands where something else is expected. */
const STRANGE = [
  ...['undefined', 'null', '0', '-1', 'NaN', 'Infinity', '1n', "''", "'x'", "'\\n'", 'true', '[]', '{}', '() => {}'],
  ...['Symbol()', 'new Date(NaN)', 'Object.create(null)', 'new Proxy({}, { get() { throw 1 } })'],
  ...['new Proxy({}, { get() { throw null } })', '{ get x() { throw new Error("a\\nb") }, toString() { throw 2 } }'],
  ...["'holds'", "'redis'", "['single']", '(() => { const a = []; a.push(a); return a })()'],
] as const;
const strange = fc.constantFrom(...STRANGE);

const GOOD: Readonly<Record<string, string>> = {
  name: "'fuzzed'",
  summary: "'A lock.'",
  backend: "'memory'",
  topologies: "['single']",
  claims: "{ exclusion: { otherwise: 'holds' } }",
  recoverMs: '100',
  turns: '{ bypass: 0 }',
  load: '{ clientsPerWorker: 1 }',
  connect: '() => ({})',
};

const objectOf = (fields: Readonly<Record<string, string>>): string =>
  `{ ${Object.entries(fields)
    .map(([name, value]) => `${name}: ${value}`)
    .join(', ')} }`;

/** A good object with some of its fields made strange. */
const changed = (good: Readonly<Record<string, string>>): fc.Arbitrary<string> =>
  fc
    .array(fc.tuple(fc.constantFrom(...Object.keys(good)), strange), { maxLength: 3 })
    .map((changes) => objectOf({ ...good, ...Object.fromEntries(changes) }));

const source = fc.oneof(
  { weight: 6, arbitrary: changed(GOOD).map((object) => `export const lock = ${object};`) },
  { weight: 1, arbitrary: strange.map((value) => `export const lock = ${value};`) },
  { weight: 1, arbitrary: strange.map((value) => `throw ${value};`) },
  { weight: 1, arbitrary: fc.string().map((text) => text) },
);

async function refused(work: () => Promise<unknown>): Promise<void> {
  try {
    await inTime(work);
  } catch (error) {
    assert.ok(error instanceof ContractError, String(error));
    assertOneLine(error.message);
  }
}

const LEASE: Readonly<Record<string, string>> = {
  ...{ key: "'k'", token: "'t'", fencingToken: '1n', expiresAt: '5', signal: 'new AbortController().signal' },
  ...{ remainingMs: '() => 1', renew: '() => {}', onRenewed: '() => {}', release: "async () => 'released'" },
};

// oxlint-disable-next-line typescript/no-implied-eval -- as a user's module would make it
const evaluated = (expression: string): unknown => new Function(`return (${expression})`)();

void suite('what departs from the contract is named in one line', () => {
  void test('a module', async () => {
    await fc.assert(
      fc.asyncProperty(source, (text) =>
        refused(() => loadLockModule(`data:text/javascript,${encodeURIComponent(text.toWellFormed())}`)),
      ),
      draws(200),
    );
  });

  void test('a lease', async () => {
    const lease = fc.oneof(
      { weight: 5, arbitrary: changed(LEASE) },
      { weight: 1, arbitrary: strange.filter((value) => !value.startsWith('new Proxy')) },
    );
    await fc.assert(
      fc.asyncProperty(lease, async (expression) => {
        const granted = async (): Promise<Lease> => evaluated(expression) as Lease;
        const nothing = (): never => assert.fail('is not asked for');
        const lock: Lock = { acquire: granted, tryAcquire: granted, using: nothing, inspect: nothing, health: nothing };
        await refused(() => checkedLock(lock).acquire('k'));
        await refused(() => checkedLock(lock).tryAcquire('k'));
      }),
      draws(200),
    );
  });

  void test('the answer of a release', async () => {
    const answers = fc
      .record({ value: strange, how: fc.constantFrom('async () =>', '() =>', 'async () => { throw') })
      .map(({ value, how }) => `${how} (${value})${how.endsWith('throw') ? ' }' : ''}`);
    await fc.assert(
      fc.asyncProperty(answers, async (release) => {
        await refused(() => checkedRelease(evaluated(`{ release: ${release} }`) as Lease));
      }),
      draws(200),
    );
  });
});
