import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Coverage } from '../../harness/sim/search/coverage.ts';
import { SimLink } from '../../harness/sim/network/link.ts';
import { Random } from '../../harness/base/random.ts';
import { Strikes } from '../../harness/sim/run/strikes.ts';
import { nemesis, smallPlan } from '../verdict/small-plan.ts';

const event = (process: number, type: 'invoke' | 'ok') => ({
  type,
  process,
  f: 'acquire',
  value: { lease: 'a' },
  time: 0,
});

test('a strike is placed by the last step of the worker that it touches and by what has crossed its links since', () => {
  const links = [[new SimLink(new Random(1), { baseUs: 1 })], [new SimLink(new Random(2), { baseUs: 1 })]];
  const strikes = new Strikes(smallPlan(['client-pause']), links);
  const [[own]] = links as [[SimLink], unknown];
  own.request.messages = 5;
  strikes.see(event(0, 'invoke'));
  own.request.messages += 2;
  own.reply.messages += 1;
  strikes.see({ ...nemesis('client-pause', 'f1', 'start', 1), time: 1 });
  strikes.see({ ...nemesis('client-pause', 'f1', 'healed', 2), time: 2 });
  assert.deepEqual([...strikes.reached], ['client-pause acquire.invoke 2/1']);
});

test('a fault of servers strikes every worker where it is', () => {
  const links = [[new SimLink(new Random(1), { baseUs: 1 })], [new SimLink(new Random(2), { baseUs: 1 })]];
  const strikes = new Strikes(smallPlan(['server-crash']), links);
  strikes.see(event(1, 'ok'));
  const value = { fault: 'f1', phase: 'start', target: { node: 0 } };
  strikes.see({ type: 'info', process: 'nemesis', f: 'server-crash', value, time: 1 });
  assert.deepEqual(strikes.reached, new Set(['server-crash idle 0/0', 'server-crash acquire.ok 0/0']));
});

test('only a plan that has struck where none had before is a pioneer', () => {
  const coverage = new Coverage({}, []);
  const [first, second] = [smallPlan(['reset']), smallPlan(['latency'])];
  coverage.addStrikes(first, ['reset idle 0/0']);
  coverage.addStrikes(second, ['reset idle 0/0']);
  assert.deepEqual(coverage.pioneers, [first]);
  assert.equal(coverage.places, 1);
});
