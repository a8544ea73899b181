import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LocalLock } from '../../implementations/baseline/local.ts';
import { LockManager } from '../../implementations/decorators/manager/index.ts';

class Closing extends LocalLock {
  readonly close: () => unknown;

  constructor(close: () => unknown) {
    super();
    this.close = close;
  }
}

function stage(told: string[]) {
  const client = (name: string) => ({
    open: () => {
      told.push(`open ${name}`);
      return name;
    },
    close: async () => void told.push(`close ${name}`),
  });
  return new LockManager({
    clients: { cache: client('cache'), events: client('events') },
    types: {
      plain: (use, { label }) => {
        const cache = use('cache');
        return new Closing(() => told.push(`end ${String(label)} on ${cache}`));
      },
      woken: (use) => {
        use('cache');
        use('events');
        return new LocalLock();
      },
      stubborn: () =>
        new Closing(() => {
          throw new Error('no');
        }),
    },
    locks: {
      orders: { type: 'plain', options: { label: 'orders' } },
      reports: { type: 'woken' },
      odd: { type: 'stubborn' },
    },
  });
}

describe('a lock manager', () => {
  it('makes each lock once, when it is first asked for, and opens what they share once', async () => {
    const told: string[] = [];
    const manager = stage(told);
    assert.deepEqual([manager.names, told], [['orders', 'reports', 'odd'], []]);
    assert.equal(manager.lock('orders'), manager.lock('orders'));
    await manager.lock('reports').using('a', {}, async () => undefined);
    assert.deepEqual(told, ['open cache', 'open events']);
  });

  it('closes locks before what they stand on, the last one first, and once', async () => {
    const told: string[] = [];
    {
      await using manager = stage(told);
      manager.lock('orders');
      manager.lock('reports');
      told.length = 0;
      await Promise.all([manager.close(), manager.close()]);
      assert.throws(() => manager.lock('orders'), /has been closed/);
    }
    assert.deepEqual(told, ['close events', 'end orders on cache', 'close cache']);
  });

  it('closes everything that can be closed, and tells what could not', async () => {
    const told: string[] = [];
    const manager = stage(told);
    manager.lock('orders');
    manager.lock('odd');
    await assert.rejects(manager.close(), { name: 'AggregateError', message: /not everything/ });
    assert.deepEqual(told, ['open cache', 'end orders on cache', 'close cache']);
  });

  it('refuses what is not described', () => {
    const manager = stage([]);
    assert.throws(() => manager.lock('other' as 'odd'), /no lock named "other"; there are: orders, reports, odd/);
    const nothing = { clients: {}, types: {}, locks: { a: { type: 'b' as never } } };
    assert.throws(() => new LockManager(nothing), /a is of type "b"/);
  });
});
