/** Runs one plan in a world of its own: the same course, clients and faults as a real run. */
import type { LockModule } from 'holdfast-locks';
import { assignmentOf, FINISH_WITHIN_MS, runCourse } from '../../run/course.ts';
import { staffOf } from '../../run/staff.ts';
import { openCall } from '../../run/unfinished.ts';
import { housekeepingBytesOf } from '../../backends/housekeeping.ts';
import type { FaultTargets } from '../../faults/targets.ts';
import type { TimedEvent, WireObservation } from '../../history/events.ts';
import type { Plan } from '../../plan/plan.ts';
import type { Scenario } from '../../resource/scenario.ts';
import { runIn } from '../engine/active.ts';
import { makerOf } from '../servers/models.ts';
import { Network } from '../network/network.ts';
import { SimNode, type Ensemble } from '../network/node.ts';
import { MemoryRecorder } from './recorder.ts';
import { SimResource } from './resource.ts';
import { simulatedOf } from '../servers/simulated.ts';
import { SimWorker } from './worker.ts';
import { Strikes } from './strikes.ts';
import { World, type Problem } from '../engine/world.ts';
import { leave } from './departure.ts';
import { mix } from '../../base/random.ts';

export interface Simulation {
  readonly plan: Plan;
  readonly module: LockModule;
  readonly scenario: Scenario;
}

export interface SimulatedRun {
  /** In the order of their times, numbered. */
  readonly events: readonly TimedEvent[];
  /** Virtual. */
  readonly elapsedMs: number;
  /** What the lock left to nobody. */
  readonly problems: readonly Problem[];
  /** With `trace`: when something happened, in milliseconds since the run began. */
  readonly moments: readonly number[];
  /** What clients sent to servers. */
  readonly messages: number;
  /** Where faults struck: see `Strikes`. */
  readonly struck: readonly string[];
  /** What happened in the world, events of all kinds. */
  readonly steps: number;
}

export interface SimulateOptions {
  /** Takes down when something happened. */
  readonly trace?: boolean;
  /** What every message between clients and servers takes, in microseconds, exactly; absent: drawn. */
  readonly linkUs?: number;
}

/** In one of so many runs the processes then end, which takes a while. */
const CLOSED_ONCE_IN = 4;

/** @throws SimulationError, UsageError */
export function simulate({ plan, module, scenario }: Simulation, options: SimulateOptions = {}): Promise<SimulatedRun> {
  const { servers } = simulatedOf(module.backend, plan.topology);
  // What needs no servers runs on one machine.
  const world = new World(plan.timing ?? mix(plan.seed, plan.index), servers === 0 ? 0 : plan.clockSkew);
  const nodes = Array.from({ length: servers }, (_, index) => new SimNode(world, index));
  const ensemble = makerOf(module.backend, plan.topology)(nodes.map(({ surroundings }) => surroundings));
  for (const [index, model] of ensemble.models.entries()) nodes[index]?.serve(model);
  return runIn(world, async () => {
    const recorder = new MemoryRecorder(world);
    const onWire = (worker: number, wire: WireObservation): void =>
      recorder.observe(`worker-${worker}`, 'wire', undefined, wire);
    const housekeepingBytes = housekeepingBytesOf(module.backend);
    const exactly = options.linkUs === undefined ? {} : { baseUs: options.linkUs, jitterUs: 0 };
    const network = new Network(world, nodes, plan.workers, onWire, { housekeepingBytes, ...exactly });
    const resource = new SimResource(world, recorder);
    const entrances = (ensemble.entrances ?? nodes.keys().toArray()).flatMap((index) => nodes[index]?.endpoint ?? []);
    const around = { world, network, entrances, resource, module, options: plan.options, scenario };
    const workers = Array.from({ length: plan.workers }, (_, index) => new SimWorker(index, around));
    await ensemble.form?.();
    await Promise.all(workers.map((worker) => worker.start()));
    recorder.begin();
    const beganUs = world.now;
    const before = network.messages;
    const strikes = new Strikes(plan, network.links);
    recorder.onEvent = (event) => strikes.see(event);
    if (options.trace === true) world.moments = new Set();
    const assign = (worker: SimWorker, incarnation: number): void =>
      worker.run(assignmentOf(plan, worker.index, incarnation), recorder);
    const staff = staffOf(workers, (worker) => worker.start(), assign);
    const targets: FaultTargets = {
      deployment: servers === 0 ? undefined : deploymentOf(nodes, ensemble),
      links: network.links,
      workers,
      revive: staff.revive,
    };
    staff.begin();
    const stuck = await runCourse({ plan, targets, workers, recorder }, new AbortController().signal);
    network.finish();
    for (const worker of stuck) {
      const call = openCall(plan, worker, recorder.events) ?? { message: `no end within ${FINISH_WITHIN_MS} ms` };
      world.problems.push({ owner: `worker ${worker}`, kind: 'does not finish', error: call.message, ...call });
    }
    const { elapsedMs } = recorder;
    const moments = [...(world.moments ?? [])].map((us) => (us - beganUs) / 1000);
    const events = recorder.events.map((event, index) => ({ index, ...event }));
    const messages = network.messages - before;
    const { events: steps } = world;
    if (world.seed % CLOSED_ONCE_IN === 0) {
      const keys = plan.keys.length + (plan.lapseKey === undefined ? 0 : 1);
      await leave({ world, network, nodes, workers, keys });
    }
    network.end();
    return { events, elapsedMs, problems: world.problems, messages, struck: [...strikes.reached], steps, moments };
  });
}

function deploymentOf(
  nodes: readonly SimNode[],
  { leader, isolate, form, succession = {} }: Ensemble,
): NonNullable<FaultTargets['deployment']> {
  return {
    nodes,
    server: { clockMs: async ({ host }) => nodes.find(({ endpoint }) => endpoint.host === host)?.wallMs() ?? Infinity },
    succession,
    leader: async () => leader?.(nodes.map(({ down, owner }) => !down && !owner.stopped)),
    isolate: async (isolated) => {
      const heal = isolate?.(isolated);
      return async () => heal?.();
    },
    form: async () => form?.(),
  };
}
