/** What a lock costs, as its catalogue entry states it. */
import assert from 'node:assert/strict';
import { applicableIf, type ConformanceCase } from '../case.ts';
import { granted } from '../expect.ts';

const CYCLES = 20;
const LONG_MS = 60_000;

export const costCases: readonly ConformanceCase[] = [
  {
    name: 'an uncontended acquire and release cost the round trips that the catalogue states',
    alone: true,
    async run(stage) {
      const { roundTrips } = stage.module;
      applicableIf(roundTrips !== undefined, 'the catalogue states none');
      const { lock, trips, quiet } = await stage.connectCounting();
      const cycle = async (): Promise<void> => {
        const lease = await granted(lock, stage.key(), LONG_MS);
        await quiet();
        await lease.release();
        await quiet();
      };
      // The first ones load scripts, prepare statements, make rows.
      for (let warmUp = 0; warmUp < 3; warmUp++) await cycle();
      const before = trips();
      for (let count = 0; count < CYCLES; count++) await cycle();
      // Several servers are asked side by side: what counts is how often the busiest of them was.
      const cost = Math.max(...trips().map((after, node) => after - (before[node] ?? 0))) / CYCLES;
      assert.equal(cost, roundTrips, `${cost} round trips, the catalogue states ${roundTrips}`);
    },
  },
];
