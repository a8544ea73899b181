import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makePlan } from '../../harness/faults/plans.ts';
import { bench, check, compare, replay, soak, UsageError, verify } from '../../index.ts';

const plan = makePlan(
  {
    ...{ lock: 'none', options: {}, topology: 'single', scenario: 'shared-counter' },
    ...{ workers: 3, clientsPerWorker: 1, leaseMs: 600, recoverMs: 1000 },
  },
  ['none'],
  1,
  0,
  'busy',
);

const REQUESTS: readonly (readonly [string, () => Promise<unknown>, RegExp])[] = [
  ['no lock', () => verify({}), /which lock\? Give `impl`/],
  ['a field that there is not', () => verify({ impl: 'none', ...{ sede: 3 } }), /^verify: .*"sede"/],
  ['a number that is none', () => verify({ impl: 'none', seed: Number('x') }), /^verify: seed: .*number/],
  ['a time below nothing', () => bench({ impl: 'none', holdMs: [-1, 5] }), /^bench: holdMs.*>=0/],
  [
    'a span that runs backwards',
    () => bench({ impl: 'none', holdMs: [5, 1] }),
    /^bench: holdMs: expected \[least, most\]/,
  ],
  [
    'an unknown hazard',
    () => verify({ impl: 'none', hazards: [JSON.parse('"x"')] }),
    /^verify: hazards\[0\]: .*client-pause/,
  ],
  [
    'a share beyond the last',
    () => verify({ impl: 'none', shard: { index: 3, of: 2 } }),
    /^verify: shard: expected an index/,
  ],
  [
    'too many processes',
    () => verify({ impl: 'none', workers: 11 }),
    /^`workers`: at most 10 processes; use `clients`/,
  ],
  ['a rate in a closed loop', () => bench({ impl: 'none', mode: 'closed', rate: 5 }), /^`rate` is for `mode` open/],
  ['an unknown preset', () => bench({ impl: 'none', preset: 'x' }), /^bench: preset: expected one of documents/],
  ['a bad threshold', () => verify({ impl: 'none', thresholds: ['acquire p99<50'] }), /acquire p99<50/],
  [
    'limits in the wrong order',
    () => compare({ impl: 'none', warn: 0.3, fail: 0.2 }),
    /^`warn` must not be above `fail`/,
  ],
  ['a plan that is none', () => replay({ plan: JSON.parse('{"version":1}') }), /^the plan is not a plan/],
  [
    'a plan that names code from elsewhere',
    () => replay({ plan: { ...plan, lock: '/elsewhere/lock.ts' } }),
    /^the plan names code outside of .*\/elsewhere\/lock\.ts.*`trust: true`$/,
  ],
  ['no schedule at all', () => soak({ impl: 'none', schedules: 0 }), /^soak: schedules: .*>=1/],
  [
    'a lease of nothing',
    () => soak({ impl: 'none', leaseMs: 0 }),
    /^soak: leaseMs: expected a lease of at least 10 ms/,
  ],
  [
    'options for every lock',
    () => verify({ all: true, options: { spins: 3 } }),
    /^`options` are of locks that are named/,
  ],
  ['no file', () => check({ files: [] }), /^check: files: /],
  [
    'addresses that are none',
    () => verify({ impl: 'none', backend: 'external', external: { servers: { redis: [{ address: 'nowhere' }] } } }),
    /^verify: external\.servers\.redis\[0\]\.address: it has no port; expected host:port/,
  ],
];

for (const [what, call, message] of REQUESTS) {
  void test(`${what} is a UsageError that names the field`, async () => {
    await assert.rejects(call, (error: unknown) => {
      assert.ok(error instanceof UsageError, String(error));
      assert.match(error.message, message);
      return true;
    });
  });
}
