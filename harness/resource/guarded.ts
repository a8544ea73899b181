/** What a lock protects, behind two doors, in the process that owns it. */
import { UsageError } from '../base/errors.ts';
import { reasonOf } from '../base/issues.ts';
import type { Door, TimedEvent } from '../history/events.ts';
import type { PerDoor, ResourceRequest, ResourceResponse, ResourceUse, Values } from './protocol.ts';
import type { AnyScenario, ScenarioPlan } from './scenario.ts';

/** The highest fencing token of an exclusive lease of one lock seen behind the fenced door, and the highest of all. */
interface Mark {
  exclusive: bigint;
  all: bigint;
}

/**
 * Each name has two states. The plain door lets everybody in. The fenced door refuses a token below the highest that it
 * has seen of the same lock, and operations that only look raise the mark as others do: otherwise two writers that both
 * read before either wrote slip through. Shared leases do not shut each other out: theirs must only be above the
 * exclusive ones. What is done without a lease goes through both doors. Keeping two clients apart is the lock's affair.
 */
export class GuardedResource {
  readonly #scenario: AnyScenario;
  readonly #states: ReadonlyMap<string, Record<Door, unknown>>;
  readonly #marks = new Map<string, Mark>();
  readonly #now: () => number;
  readonly #record: (event: TimedEvent) => void;

  /** @param now nanoseconds since the run began */
  constructor(scenario: AnyScenario, plan: ScenarioPlan, now: () => number, record: (event: TimedEvent) => void) {
    this.#scenario = scenario;
    this.#now = now;
    this.#record = record;
    const { resources } = scenario;
    const initial = typeof resources === 'function' ? resources(plan) : resources;
    this.#states = new Map(
      Object.entries(initial).map(([name, state]) => [name, { plain: state, fenced: structuredClone(state) }]),
    );
  }

  /** @throws UsageError when the scenario has no such operation or name, or when its step fails */
  use(request: ResourceRequest): ResourceResponse {
    const seen: Partial<Record<Door, Values>> = {};
    for (const door of ['plain', 'fenced'] as const) {
      const answer = this.#useDoor(request, door);
      if (answer !== undefined) seen[door] = answer;
    }
    return { id: request.id, seen: seen satisfies PerDoor<Values> };
  }

  #useDoor(request: ResourceRequest, door: Door): Values | undefined {
    const { operation, key, lease, client, fence, lost } = request;
    if (door === 'fenced' && lease !== undefined && fence === undefined) return undefined;
    const argument = request.argument[door];
    // A door that refused what this one builds upon has nothing to be done.
    if (argument === undefined) return undefined;
    const accepted = door === 'plain' || lease === undefined || this.#passes(request);
    const time = this.#now();
    const states = this.#states.get(key);
    if (states === undefined) throw new UsageError(`scenario ${this.#scenario.name}: it has no resource "${key}"`);
    const { state, answer } = this.#step(request, states[door], argument, time);
    const who = lease === undefined ? { client } : { lease };
    const value = {
      ...{ ...who, ...(fence === undefined ? {} : { fence }), door },
      ...{ ...(lost === true ? { lost } : {}), ...argument, ...answer, accepted },
    };
    this.#record({ type: 'info', process: 'resource', f: operation, key, value, time });
    // What a door that refuses would have answered is recorded, and nothing comes of it.
    if (accepted) states[door] = state;
    return accepted ? answer : undefined;
  }

  #step(
    { operation, lease, fence }: ResourceRequest,
    state: unknown,
    argument: Values,
    time: number,
  ): ReturnType<Step> {
    const { name, operations } = this.#scenario;
    const step = Object.hasOwn(operations, operation) ? (operations[operation] as Step) : undefined;
    if (step === undefined) throw new UsageError(`scenario ${name}: it has no operation "${operation}"`);
    try {
      return step(state, argument, { lease, fence: fence === undefined ? undefined : BigInt(fence), now: time / 1e6 });
    } catch (cause) {
      throw new UsageError(`scenario ${name}: its operation "${operation}" failed: ${reasonOf(cause)}`, { cause });
    }
  }

  #passes({ key, lock = key, fence, shared = false }: ResourceUse): boolean {
    const token = BigInt(fence ?? -1);
    const place = JSON.stringify([key, lock]);
    const mark = this.#marks.get(place) ?? { exclusive: -1n, all: -1n };
    if (token < (shared ? mark.exclusive : mark.all)) return false;
    this.#marks.set(place, mark);
    if (!shared) mark.exclusive = token;
    if (token > mark.all) mark.all = token;
    return true;
  }
}

type Step = (
  state: unknown,
  argument: Values,
  context: { lease: string | undefined; fence: bigint | undefined; now: number },
) => { readonly state: unknown; readonly answer: Values };
