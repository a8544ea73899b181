/** The end of the faults of a plan. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { runFaults } from '../../harness/faults/nemesis.ts';
import { MemoryRecorder } from '../../harness/sim/run/recorder.ts';
import { World } from '../../harness/sim/engine/world.ts';
import { smallPlan } from '../verdict/small-plan.ts';

void it('faults that are cut short have all healed before they are over, whichever hazard ends first', async () => {
  const plan = smallPlan(['client-crash', 'client-pause']);
  const [crash, pause] = plan.faults;
  assert.ok(crash !== undefined && pause !== undefined);
  const over = new AbortController();
  const reviving = Promise.withResolvers<void>();
  const revived = Promise.withResolvers<void>();
  const worker = {
    ...{
      signal: () => true,
      setClock: () => undefined,
      disturbFolder: () => undefined,
      wallClockMs: async () => 0,
      reaches: async () => true,
    },
    kill: async () => over.abort(),
  };
  const targets = {
    ...{ deployment: undefined, links: [], workers: [worker, worker] },
    revive: () => {
      reviving.resolve();
      return revived.promise;
    },
  };
  const log: string[] = [];
  // The pause has not even begun when all is cut short.
  const faults = [crash, { ...pause, afterMs: 60_000 }];
  const recorder = new MemoryRecorder(new World(1));
  const ended = runFaults({ ...plan, faults }, targets, recorder, over.signal).catch(() => log.push('over'));
  await reviving.promise;
  await new Promise(setImmediate);
  log.push('revived');
  revived.resolve();
  await ended;
  assert.deepEqual(log, ['revived', 'over']);
});
