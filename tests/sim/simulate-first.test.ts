/** The search before real servers are asked: whatever it meets, it only says so. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { Session } from '../../harness/backends/session.ts';
import { callerOf } from '../../harness/commands/caller.ts';
import { simulateFirst } from '../../harness/commands/simulate-first.ts';
import type { VerifyEvent } from '../../harness/commands/verify-events.ts';
import { verifySchema } from '../../harness/commands/verify-request.ts';
import { settingsOf } from '../../harness/commands/verify-settings.ts';
import { loadLockModule } from '../../harness/subject/module.ts';
import { sizesFor } from './simulated.ts';

const ENOUGH_MS = 20_000;

for (const [fixture, told] of [
  ['waits-for/file', 'not-simulated-first'],
  ['dies', 'not-simulated-first'],
  ['restless-lock', 'simulated-first'],
  ['endless-lock', 'simulated-first'],
] as const) {
  void it(`a lock such as ${fixture} goes on to real servers`, async () => {
    const url = new URL(`fixtures/${fixture}.ts`, import.meta.url).href;
    const lock = { reference: url, module: await loadLockModule(url), url, options: {} };
    const settings = settingsOf(verifySchema.parse({ impl: url, backend: 'native' }));
    const events: VerifyEvent[] = [];
    const caller = callerOf<VerifyEvent>('verify', {}, { onEvent: (event) => events.push(event) });
    const session = await Session.open();
    try {
      const { topology, scenario, workers, leaseMs } = sizesFor('redis-basic');
      const request = {
        ...{ lock, topology, scenario, workers, leaseMs, deck: [], search: undefined, exhaustive: false },
        ...{ provisioner: { kind: 'native', reason: 'asked for' } as const, external: undefined },
        ...{ hazards: ['none'], listed: ['none'], arenas: 1, timeMs: ENOUGH_MS, always: 0, alwaysMs: 0 },
        ...{ endsAt: () => true, folder: session.folder('run'), onPlan: () => undefined },
      };
      const space = { sizes: sizesFor('redis-basic'), hazards: ['none'], seed: 3 };
      await assert.doesNotReject(simulateFirst(session, request, space, settings, caller));
      assert.equal(events.at(-1)?.type, told);
    } finally {
      await session.close();
    }
  });
}
