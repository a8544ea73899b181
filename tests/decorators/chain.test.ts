import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { resolveLock } from '../../harness/commands/locks.ts';
import { partsOf } from '../../harness/commands/chain.ts';
import { mustBeTrusted } from '../../harness/commands/trust.ts';
import type { Plan } from '../../harness/plan/plan.ts';
import { chained, loadDecorator } from '../../harness/subject/chain.ts';
import { loadLockModule } from '../../harness/subject/module.ts';
import type { DecoratorModule } from '../../implementations/decorators/decorator.ts';
import { catalogue } from '../../implementations/catalogue.ts';
import { DECORATORS } from '../../implementations/decorators/catalogue.ts';
import { lock as local } from '../../implementations/baseline/local.ts';
import type { ConnectContext, LockModule } from '../../implementations/lock.ts';

const context = (options: object): ConnectContext => ({
  ...{ endpoints: [], natMap: {}, prefix: '', folder: '', options: { ...options } },
  signal: new AbortController().signal,
});

/** Writes down when it is made and closed, and with what options. */
function noting(name: string, notes: string[], changes: Partial<DecoratorModule> = {}): DecoratorModule {
  return {
    name,
    summary: '',
    options: { parse: (value) => value },
    decorate: (inner, options) => {
      notes.push(`${name} ${JSON.stringify(options)}`);
      const close = async (): Promise<void> => {
        notes.push(`${name} closed`);
        await inner.close();
      };
      return { ...inner, close };
    },
    ...changes,
  };
}

const inside = (notes: string[]): LockModule => ({
  ...local,
  connect: async (given) => {
    notes.push(`lock ${JSON.stringify(given.options)}`);
    return { ...(await local.connect(given)), close: async () => void notes.push('lock closed') };
  },
});

describe('a chain of a lock and decorators', () => {
  it('is made from the inside out, each with its own options, and closed from the outside in', async () => {
    const notes: string[] = [];
    const options = { leaseMs: 500, decorators: { b: { size: 2 } } };
    const chain = chained(inside(notes), [noting('a', notes), noting('b', notes)], options);
    assert.equal(chain.name, 'local + a + b');
    const connected = await chain.connect(context(options));
    await connected.close();
    assert.deepEqual(notes, [
      ...['lock {"leaseMs":500}', 'a {}', 'b {"size":2}'],
      ...['b closed', 'a closed', 'lock closed'],
    ]);
  });

  it('closes the lock when a decorator cannot be made', async () => {
    const notes: string[] = [];
    const broken = noting('broken', notes, { decorate: () => Promise.reject(new Error('no')) });
    await assert.rejects(chained(inside(notes), [broken], {}).connect(context({})), /^Error: no$/);
    assert.deepEqual(notes, ['lock {}', 'lock closed']);
  });

  it('claims what the lock claims, or less, and never more', () => {
    const claims = { exclusion: { otherwise: 'unavailable' } } as const;
    const lock = { ...local, claims, recoverMs: 1000 };
    const weakening = (weakened: Partial<LockModule>): DecoratorModule => noting('it', [], { weakens: () => weakened });
    const less = weakening({ claims: { exclusion: { otherwise: 'not-promised' } }, recoverMs: 2000 });
    assert.equal(chained(lock, [less], {}).recoverMs, 2000);
    for (const more of [
      { claims: { exclusion: { otherwise: 'holds' } } },
      { claims: { ...claims, fencing: { otherwise: 'holds', except: { latency: 'not-applicable' } } } },
      { recoverMs: 999 },
      { turns: { allowanceMs: 10 } },
    ] as const)
      assert.throws(() => chained(lock, [weakening(more)], {}), /it claims/);
  });

  it('names the options that no decorator of it takes', () => {
    const picky = noting('picky', [], {
      options: {
        parse: () => {
          throw new RangeError('size is 0');
        },
      },
    });
    assert.throws(() => chained(local, [picky], {}), /options.decorators.picky: .*size is 0/);
    assert.throws(() => chained(local, [noting('a', [])], { decorators: { b: {} } }), /"b" is not in the chain/);
    assert.throws(() => chained(local, [noting('a', [])], { decorators: 5 }), /must be an object/);
  });
});

describe('every decorator', () => {
  for (const [name, url] of DECORATORS)
    it(`${name} stands around every lock, and makes no claim of it stronger`, async () => {
      const decorator = await loadDecorator(url);
      assert.equal(decorator.name, name);
      for (const { module } of catalogue.values()) chained(module, [decorator], {});
    });
});

describe('the name of a chain', () => {
  it('leads to the same lock again, in a worker and from a plan', async () => {
    const { reference, module, url } = await resolveLock('redis-basic+retry');
    assert.equal(reference, 'redis-basic + retry');
    assert.equal((await resolveLock(reference)).url, url);
    const loaded = await loadLockModule(url);
    assert.equal(loaded.name, module.name);
    assert.equal(loaded.backend, 'redis');
  });

  it('is told apart from a path with a plus in it, and from a command', () => {
    assert.deepEqual(partsOf('./c++/lock.ts + retry'), ['./c++/lock.ts', 'retry']);
    assert.deepEqual(partsOf('exec+redis:python3 a.py + b'), ['exec+redis:python3 a.py + b']);
    assert.deepEqual(partsOf('etcd + a+b'), ['etcd', 'a', 'b']);
  });

  it('that is wrong says what was meant', async () => {
    const cases = {
      'redis-basic + retri': /no decorator named "retri"; did you mean "retry"/,
      'redis-basic + etcd': /no decorator named "etcd": it is a lock, and a lock comes first/,
      retry: /"retry" is a decorator: put a lock before it/,
      'redis-basic + ./not-there.ts': /not-there.ts: no such file/,
      'redis-basic + ': /no decorator named ""/,
    };
    for (const [name, message] of Object.entries(cases)) await assert.rejects(resolveLock(name), message);
    const lock = fileURLToPath(new URL('../../implementations/baseline/local.ts', import.meta.url));
    await assert.rejects(resolveLock(`redis-basic + ${lock}`), /has no export named "decorator"/);
  });

  it('in a plan of somebody else runs no decorator from outside of the project', () => {
    const plan = { lock: 'redis-basic + /elsewhere/decorator.ts', scenario: 'shared-counter' } as Plan;
    assert.throws(() => mustBeTrusted(plan, 'plan.json', false), /\/elsewhere\/decorator.ts/);
    mustBeTrusted({ ...plan, lock: 'redis-basic + retry' }, 'plan.json', false);
  });
});
