/** Virtual time as code in it sees it. */
import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { runIn } from '../../harness/sim/engine/active.ts';
import { install } from '../../harness/sim/node-api/install.ts';
import { SimulationError } from '../../harness/sim/engine/problems.ts';
import { World } from '../../harness/sim/engine/world.ts';

const HOUR_MS = 3_600_000;

before(install);

/** Runs `act` as a process of a world, and `meanwhile` as the harness. */
function inProcess<T>(act: () => Promise<T>, meanwhile?: (world: World, name: string) => void, seed = 1): Promise<T> {
  const world = new World(seed);
  const owner = world.owner('process');
  return runIn(world, () => {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    world.post(owner, () => void act().then(resolve, reject));
    meanwhile?.(world, owner.name);
    return promise;
  });
}

void describe('timers', () => {
  void it('an hour passes at once, and every clock of the process agrees', async () => {
    const began = process.hrtime.bigint();
    const elapsed = await inProcess(async () => {
      const start = [performance.now(), Date.now(), Number(process.hrtime.bigint()) / 1e6, new Date().getTime()];
      await sleep(HOUR_MS);
      const end = [performance.now(), Date.now(), Number(process.hrtime.bigint()) / 1e6, new Date().getTime()];
      return end.map((ms, clock) => ms - (start[clock] ?? 0));
    });
    assert.deepEqual(elapsed, [HOUR_MS, HOUR_MS, HOUR_MS, HOUR_MS]);
    assert.ok(Number(process.hrtime.bigint() - began) / 1e6 < HOUR_MS);
  });

  void it('every way to wait is virtual', async () => {
    await inProcess(async () => {
      await promisify(setTimeout)(HOUR_MS);
      await new Promise((resolve) => AbortSignal.timeout(HOUR_MS).addEventListener('abort', resolve));
      await new Promise((resolve) => setImmediate(resolve));
      let beats = 0;
      await new Promise<void>((resolve) => {
        const beat = setInterval(() => {
          beats += 1;
          if (beats < 3) return;
          clearInterval(beat);
          resolve();
        }, HOUR_MS);
      });
      const timer = setTimeout(() => assert.fail('it was cleared'), 1).unref();
      clearTimeout(timer);
      await sleep(10);
    });
  });

  void it('a sleep is cut short by its signal', async () => {
    const after = await inProcess(async () => {
      const stop = new AbortController();
      setTimeout(() => stop.abort(), 5);
      const began = performance.now();
      await sleep(HOUR_MS, undefined, { signal: stop.signal }).catch(() => undefined);
      return performance.now() - began;
    });
    assert.equal(after, 5);
  });

  void it('between two worlds the real clock goes on', async () => {
    await inProcess(() => sleep(HOUR_MS));
    assert.ok(Math.abs(Date.now() - performance.timeOrigin - performance.now()) < HOUR_MS / 10);
  });
});

void describe('clocks', () => {
  /** How long an hour takes on each of two machines, in milliseconds by the harness's clock, and by their own. */
  async function hours(seed: number, clockSkew?: number): Promise<readonly { took: number; shown: number }[]> {
    const world = new World(seed, clockSkew);
    const hourOf = (name: string): Promise<{ took: number; shown: number }> =>
      new Promise((resolve) => {
        world.post(world.owner(name), () => {
          const [began, shown] = [world.now, performance.now()];
          setTimeout(() => resolve({ took: (world.now - began) / 1000, shown: performance.now() - shown }), HOUR_MS);
        });
      });
    return runIn(world, () => Promise.all(['one', 'other', 'one'].map(hourOf)));
  }

  void it('run unequally fast, by no more than is asked for, and those of one machine alike', async () => {
    for (let seed = 0; seed < 20; seed += 1) {
      const [one, other, again] = await hours(seed, 0.004);
      assert.ok(one !== undefined && other !== undefined);
      assert.notEqual(one.took, other.took);
      for (const { took, shown } of [one, other]) {
        assert.ok(Math.abs(took - HOUR_MS) <= HOUR_MS * 0.00402, `${took} ms`);
        assert.ok(shown >= HOUR_MS - 1 && shown < HOUR_MS + 1, `${shown} ms`);
      }
      // A process that is started again has the clock of its machine.
      assert.deepEqual(one, again);
    }
  });

  void it('run alike where nothing is asked for', async () => {
    for (const { took } of await hours(1)) assert.equal(took, HOUR_MS);
  });
});

void describe('chance', () => {
  const draw = (seed: number): Promise<unknown> =>
    inProcess(
      async () => [Math.random(), randomBytes(8).toString('hex'), randomUUID(), crypto.randomUUID()],
      undefined,
      seed,
    );

  void it('is the same for the same seed, and another for another', async () => {
    assert.deepEqual(await draw(1), await draw(1));
    assert.notDeepEqual(await draw(1), await draw(2));
  });
});

void describe('a process that is stopped', () => {
  void it('has its timers when it goes on, not before', async () => {
    const world = new World(1);
    const owner = world.owner('process');
    const woke = await runIn(world, async () => {
      const { promise, resolve } = Promise.withResolvers<number>();
      const began = world.now;
      world.post(owner, () => void sleep(10).then(() => resolve((world.now - began) / 1000)));
      await sleep(5);
      world.pause(owner);
      await sleep(100);
      world.resume(owner);
      return promise;
    });
    assert.equal(woke, 105);
  });

  void it('has what was held back before what comes at the moment at which it goes on', async () => {
    for (let seed = 0; seed < 10; seed += 1) {
      const world = new World(seed);
      const owner = world.owner('process');
      const heard: string[] = [];
      await runIn(world, async () => {
        await sleep(5);
        world.pause(owner);
        world.schedule(world.now + 1000, owner, 'network', () => void heard.push('first'));
        // At the same moment, and asked for before.
        world.schedule(world.now + 5000, owner, 'network', () => void heard.push('second'));
        await sleep(5);
        world.resume(owner);
        await sleep(5);
      });
      assert.deepEqual(heard, ['first', 'second'], `seed ${seed}`);
    }
  });

  void it('is never heard of again once it is killed', async () => {
    const world = new World(1);
    const owner = world.owner('process');
    await runIn(world, async () => {
      world.post(owner, () => void sleep(10).then(() => assert.fail('it is dead')));
      await sleep(5);
      world.kill(owner);
      await sleep(100);
    });
  });
});

void describe('what cannot be judged is an error, not an end', () => {
  void it('a wait for a real file is a standstill', async () => {
    await assert.rejects(
      inProcess(() => readFile(import.meta.filename)),
      SimulationError,
    );
  });

  void it('a connection to somewhere else is named', async () => {
    await assert.rejects(
      inProcess(async () => void connect(6379, 'example.org')),
      /example\.org:6379: nothing is simulated there/,
    );
  });

  void it('errors that a process leaves to nobody are known', async () => {
    const world = new World(1);
    const owner = world.owner('worker 3');
    await runIn(world, async () => {
      world.post(owner, () => void Promise.reject(new Error('one')));
      world.post(owner, () => {
        setTimeout(() => {
          throw new Error('two');
        }, 1);
      });
      await sleep(10);
    });
    const told = world.problems.map((problem) => [problem.owner, problem.kind, String(problem.error)]);
    assert.deepEqual(told, [
      ['worker 3', 'unhandled rejection', 'Error: one'],
      ['worker 3', 'uncaught exception', 'Error: two'],
    ]);
  });
});
