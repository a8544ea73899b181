/** Which world is running, if one is: every virtual function asks here first. */
import type { Owner } from './owner.ts';
import { drain, drainsAtOnce } from './drain.ts';
import { context, real } from './real.ts';
import { SimulationError } from './problems.ts';
import type { Settling, World } from './world.ts';

let active: World | undefined;

export function activeWorld(): World | undefined {
  return active;
}

/** The simulated process that is running. @throws SimulationError, and ends the run: what belongs to nobody would make runs differ. */
export function callerIn(world: World): Owner {
  const owner = context.getStore() as Owner | undefined;
  if (owner === undefined) {
    return world.fail('a timer or a connection was asked for by code that belongs to no simulated process');
  }
  if (owner.world !== world) return world.fail(`"${owner.name}" of an earlier simulation is still running`);
  return owner;
}

const EVENTS = ['unhandledRejection', 'uncaughtException'] as const;

/** Runs `main` in `world` to its end. @throws SimulationError */
export function runIn<T>(world: World, main: () => Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    real.setImmediate(() => {
      const leave = enter(world);
      const settling = world.begin(main);
      const end = (error?: unknown): void => {
        world.end();
        leave();
        if (error !== undefined) reject(error);
        else if (settling.end !== undefined && 'value' in settling.end) resolve(settling.end.value);
        else reject(settling.end?.error);
      };
      try {
        drain();
        if (!drainsAtOnce) return void stepByStep(world, settling).then(() => end(), end);
        while (settling.end === undefined) world.step();
        end();
      } catch (error) {
        end(error);
      }
    });
  });
}

/** With a turn of the real event loop for each event. */
async function stepByStep(world: World, settling: Settling<unknown>): Promise<void> {
  for (;;) {
    await new Promise((resolve) => real.setImmediate(resolve));
    if (settling.end !== undefined) return;
    world.step();
  }
}

/** @returns the function that leaves the world. */
function enter(world: World): () => void {
  if (active !== undefined) throw new SimulationError('one simulation at a time');
  active = world;
  const others = EVENTS.map((name) => process.rawListeners(name) as (() => void)[]);
  for (const name of EVENTS) process.removeAllListeners(name);
  process.on('unhandledRejection', (error) => world.report('unhandled rejection', error));
  process.on('uncaughtException', (error) => world.report('uncaught exception', error));
  return () => {
    active = undefined;
    for (const [index, name] of EVENTS.entries()) {
      process.removeAllListeners(name);
      for (const listener of others[index] ?? []) process.on(name, listener);
    }
  };
}
