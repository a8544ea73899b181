/** Published locks in the simulation: each is carried, or said not to be, and none is accused of what the simulation lacks. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ADAPTERS } from '../../implementations/catalogue.ts';
import { soak } from '../../harness/commands/soak.ts';
import { loadLockModule } from '../../harness/subject/module.ts';

const SCHEDULES = 4;

void describe('a published lock in the simulation', () => {
  for (const [name, url] of ADAPTERS) {
    void it(`${name} keeps its promises without faults, or is said not to be simulable`, async () => {
      const { notSimulable } = await loadLockModule(url);
      const found = soak({ impl: name, schedules: SCHEDULES, seed: 1, hazards: ['none'] });
      if (notSimulable === undefined) assert.deepEqual((await found).found, []);
      else await assert.rejects(found, /is not simul(able|ated)/);
    });
  }
});
