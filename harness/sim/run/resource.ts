/** The resource of a simulated run, and each worker's way to it. */
import { GuardedResource } from '../../resource/guarded.ts';
import type { PerDoor, Resource, ResourceRequest, Values } from '../../resource/protocol.ts';
import type { AnyScenario, ScenarioPlan } from '../../resource/scenario.ts';
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
  readonly #resource: GuardedResource;

  constructor(world: World, recorder: MemoryRecorder, scenario: AnyScenario, plan: ScenarioPlan) {
    this.#world = world;
    this.#owner = world.owner('resource');
    const [now, record] = [() => recorder.now(), recorder.record.bind(recorder)];
    this.#resource = new GuardedResource(scenario, plan, now, record);
  }

  /** Faults of the network do not touch it: it stands for what a program does after it has been granted the lock. */
  wayOf(worker: Owner): Resource {
    const random = new Random(mix(this.#world.seed, STREAM + worker.id));
    let lastArrival = 0;
    let lastAnswer = 0;
    const travel = (after: number): number => Math.max(after, this.#world.now + TRAVEL_US + random.whole(0, TRAVEL_US));
    const send = (request: ResourceRequest, answer: (seen: PerDoor<Values>) => void): void => {
      lastArrival = travel(lastArrival);
      const event = this.#world.schedule(lastArrival, this.#owner, 'network', () => {
        const { seen } = this.#resource.use(request);
        lastAnswer = travel(lastAnswer);
        this.#world.schedule(lastAnswer, worker, 'network', () => answer(seen));
      });
      this.#world.sending(worker, () => {
        event.cancelled = true;
        return () => send(request, answer);
      });
    };
    return {
      carryOut: (use, operation, argument) =>
        new Promise((resolve) => send({ ...use, id: 0, operation, argument }, resolve)),
    };
  }
}
