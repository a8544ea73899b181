import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { HeldOnServer } from '../../../implementations/lease/held-on-server.ts';
import { Stock } from '../../../implementations/lease/stock.ts';
import type { Mortal } from '../../../implementations/lease/stock.ts';
import { VirtualClock } from './virtual-time.ts';

describe('what is held on a server that does not let go of it', () => {
  it('lapses at its time, unless it was prolonged or forgotten', async () => {
    const clock = new VirtualClock();
    const lapsed: string[] = [];
    const held = new HeldOnServer<string>(clock, (_value, token) => lapsed.push(token));
    for (const token of ['a', 'b', 'c']) held.set(token, `node of ${token}`, clock.now() + 600);
    await clock.advance(500);
    held.prolong('b', clock.now() + 600);
    held.forget('c');
    await clock.advance(100);
    assert.deepEqual(lapsed, ['a']);
    assert.equal(held.get('a'), undefined);
    held.prolong('a', clock.now() + 600);
    assert.equal(held.get('b'), 'node of b');
    await clock.advance(600);
    assert.deepEqual(lapsed, ['a', 'b']);
    assert.equal(clock.armed, 0);
  });
});

describe('a stock', () => {
  const item = (clock: VirtualClock): Mortal => ({ id: '1', ttlMs: 1000, renewedAt: clock.now() });

  it('hands out only what lasts for the whole of the next lease', async () => {
    const clock = new VirtualClock();
    const stock = new Stock(clock, () => undefined);
    const one = item(clock);
    stock.put(one);
    await clock.advance(400);
    assert.equal(stock.take(601), undefined);
    assert.equal(stock.take(600), one);
    assert.equal(stock.take(1), undefined);
  });

  it('ends what nobody has taken, and leaves to itself what has run out', async () => {
    const clock = new VirtualClock();
    const ended: string[] = [];
    const stock = new Stock<Mortal>(clock, ({ id }) => ended.push(id));
    stock.put(item(clock));
    await clock.advance(500);
    assert.deepEqual(ended, ['1']);
    stock.put({ ...item(clock), renewedAt: clock.now() - 1000 });
    assert.deepEqual(stock.drain(), []);
    assert.equal(clock.armed, 0);
  });
});
