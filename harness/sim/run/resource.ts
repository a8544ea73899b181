/** The shared counter of a simulated run, and each worker's way to it. */
import { SharedCounter } from '../../resource/counter.ts';
import type { Resource, ResourceRequest, ResourceUse, Seen } from '../../resource/protocol.ts';
import type { Owner } from '../engine/owner.ts';
import { mix, Random } from '../../base/random.ts';
import type { MemoryRecorder } from './recorder.ts';
import type { World } from '../engine/world.ts';

const STREAM = 3_000;
/** One way, at least; at most twice as much. */
const TRAVEL_US = 100;

export class SimResource {
  readonly #world: World;
  readonly #owner: Owner;
  readonly #counter: SharedCounter;

  constructor(world: World, recorder: MemoryRecorder) {
    this.#world = world;
    this.#owner = world.owner('resource');
    this.#counter = new SharedCounter((event) => recorder.record({ ...event, time: recorder.now() }));
  }

  /** Faults of the network do not touch it: it stands for what a program does after it has been granted the lock. */
  wayOf(worker: Owner): Resource {
    const random = new Random(mix(this.#world.seed, STREAM + worker.id));
    let lastArrival = 0;
    let lastAnswer = 0;
    const travel = (after: number): number => Math.max(after, this.#world.now + TRAVEL_US + random.whole(0, TRAVEL_US));
    const send = (request: ResourceRequest, answer: (seen: Seen) => void): void => {
      lastArrival = travel(lastArrival);
      const event = this.#world.schedule(lastArrival, this.#owner, 'network', () => {
        const { seen } = this.#counter.use(request);
        lastAnswer = travel(lastAnswer);
        this.#world.schedule(lastAnswer, worker, 'network', () => answer(seen));
      });
      this.#world.sending(worker, () => {
        event.cancelled = true;
        return () => send(request, answer);
      });
    };
    const ask = (request: ResourceRequest): Promise<Seen> => new Promise((resolve) => send(request, resolve));
    return {
      read: (use: ResourceUse) => ask({ ...use, id: 0, f: 'read' }),
      write: (use: ResourceUse, from: Seen) => ask({ ...use, id: 0, f: 'write', from }),
    };
  }
}
