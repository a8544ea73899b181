import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Session } from '../../harness/backends/session.ts';
import { lock } from '../../implementations/baseline/local.ts';
import { Arena } from '../../harness/run/arena.ts';
import { smallPlan } from '../verdict/small-plan.ts';

test('a plan that needs fewer workers than stand ready is run by its own number of them', async (context) => {
  const session = await Session.open();
  context.after(() => session.close());
  const arena = await Arena.start(session, {
    ...{ name: 'arena', module: lock, moduleUrl: import.meta.resolve('../../implementations/baseline/local.ts') },
    ...{ options: {}, workers: 4, deployment: undefined },
  });
  session.onClose(() => arena.stop());
  const plan = { ...smallPlan(['none']), cycles: 2 };
  const { events } = await arena.run(plan, new AbortController().signal);
  const asking = events.filter(({ f, type }) => f === 'acquire' && type === 'invoke');
  assert.deepEqual(new Set(asking.map((event) => event.process)), new Set([0, 1, 2, 3]));
  assert.equal(asking.length, 8, 'two workers, two clients each, two cycles');
});
