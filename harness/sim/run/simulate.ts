/** Runs one plan in a world of its own: the same course, clients and faults as a real run. */
import type { LockModule } from 'holdfast-locks';
import { assignmentOf, finishWithinMs, runCourse } from '../../run/course.ts';
import { scenarioPlanOf } from '../../run/scenarios.ts';
import { staffOf } from '../../run/staff.ts';
import { openCall } from '../../run/unfinished.ts';
import { housekeepingBytesOf } from '../../backends/housekeeping.ts';
import type { FaultTargets } from '../../faults/targets.ts';
import type { ClocksValue, TimedEvent, WireObservation } from '../../history/events.ts';
import type { Plan } from '../../plan/plan.ts';
import type { AnyScenario } from '../../resource/scenario.ts';
import type { Owner } from '../engine/owner.ts';
import { runIn } from '../engine/active.ts';
import { makerOf } from '../servers/models.ts';
import { Network } from '../network/network.ts';
import { SimNode, type Ensemble } from '../network/node.ts';
import { MemoryRecorder } from './recorder.ts';
import { SimResource } from './resource.ts';
import { simulatedOf } from '../servers/simulated.ts';
import { SimWorker } from './worker.ts';
import { Silence } from './silence.ts';
import { Strikes } from './strikes.ts';
import { SimulationError, type Problem } from '../engine/problems.ts';
import { World } from '../engine/world.ts';
import { leave } from './departure.ts';
import { mix } from '../../base/random.ts';
import { rotated } from '../../base/rotated.ts';

export interface Simulation {
  readonly plan: Plan;
  readonly module: LockModule;
  /** The module as process number so and so of the run has it; absent: all have the same. */
  readonly moduleOf?: (process: number) => LockModule;
  readonly scenario: AnyScenario;
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
  /** Is given, before any work, what will know of acquisitions that wait in silence. */
  readonly listen?: (silence: Silence) => void;
}

/** In one of so many runs the processes then end, which takes a while. */
const CLOSED_ONCE_IN = 4;
const CONNECTS_WITHIN_MS = 60_000;

/** @throws SimulationError, UsageError */
export function simulate(simulation: Simulation, options: SimulateOptions = {}): Promise<SimulatedRun> {
  const { plan, module, scenario, moduleOf = () => module } = simulation;
  const { servers } = simulatedOf(module.backend, plan.topology);
  // What needs no servers runs on one machine.
  const clockSkew = servers === 0 ? undefined : plan.clockSkew;
  const world = new World(plan.timing ?? mix(plan.seed, plan.index), clockSkew);
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
    const resource = new SimResource(world, recorder, scenario, scenarioPlanOf(plan));
    const entrances = (ensemble.entrances ?? nodes.keys().toArray()).flatMap((index) => nodes[index]?.endpoint ?? []);
    let processes = 0;
    const begin = (owner: Owner): LockModule => {
      owner.process = processes++;
      return moduleOf(owner.process);
    };
    const around = { world, network, resource, begin, options: plan.options, scenario };
    // Clients that hold on to one server begin with different ones, as those of real workers.
    const workers = Array.from(
      { length: plan.workers },
      (_, index) => new SimWorker(index, { ...around, entrances: rotated(entrances, index) }),
    );
    await ensemble.form?.();
    await connected(world, workers);
    recorder.begin();
    if (clockSkew !== undefined)
      recorder.observe('harness', 'clocks', undefined, { skew: clockSkew } satisfies ClocksValue);
    const beganUs = world.now;
    const before = network.messages;
    const strikes = new Strikes(plan, network.links);
    const silence = options.listen === undefined ? undefined : new Silence(world, network.links, plan.acquireTimeoutMs);
    if (silence !== undefined) options.listen?.(silence);
    recorder.onEvent = (event) => {
      strikes.see(event);
      silence?.see(event);
    };
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
      const call = openCall(plan, worker, recorder.events) ?? { message: `no end within ${finishWithinMs(plan)} ms` };
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

/** All of them, with nothing in their way. */
async function connected(world: World, workers: readonly SimWorker[]): Promise<void> {
  const late = world.schedule(world.now + CONNECTS_WITHIN_MS * 1000, world.system, 'system', () =>
    world.stop(new SimulationError(`connect did not settle within ${CONNECTS_WITHIN_MS} ms`)),
  );
  await Promise.all(workers.map((worker) => worker.start()));
  late.cancelled = true;
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
