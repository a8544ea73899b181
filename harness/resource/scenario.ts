/**
 * The contract of scenarios: small applications that need a lock, each with an invariant that the lock is bought for. A
 * module exports one as `scenario`; docs/scenarios.md shows how one is written.
 */
import type { AcquireOptions, Lease, TryAcquireOptions } from 'holdfast-locks';
import type { Claims } from 'holdfast-locks/internal/claims';
import type { CarriedOut, InvariantFinding } from '../check/carried-out.ts';
import type { Door } from '../history/events.ts';
import type { PerDoor } from './protocol.ts';

/** What is known of a run before it begins. */
export interface ScenarioPlan {
  /** Names of the locks that clients may take, and of what they protect: at least one. */
  readonly names: readonly string[];
  readonly workers: number;
  /** Clients have numbers from 0 up to this. */
  readonly clients: number;
  readonly leaseMs: number;
  /** What there is to sell or to give away should last: the run is a benchmark. */
  readonly endless: boolean;
}

/** Of one step: the lease and the token that it is done with, if any, and the resource's clock in milliseconds. */
export interface StepContext {
  readonly lease: string | undefined;
  readonly fence: bigint | undefined;
  readonly now: number;
}

/**
 * One step of the resource: pure, so that the state that it is given stays as it was. The fields of the argument and of the
 * answer are recorded side by side, so they need different names; `lease`, `client`, `fence`, `door`, `lost` and `accepted`
 * are taken.
 */
export type Operation<State, Given, Answer> = (
  state: State,
  argument: Given,
  context: StepContext,
) => { readonly state: State; readonly answer: Answer };

export type Operations<State> = Readonly<Record<string, Operation<State, never, object>>>;

type ArgumentOf<Of> = Of extends (state: never, argument: infer Given, ...rest: never[]) => unknown
  ? unknown extends Given
    ? object
    : Given
  : never;
type AnswerOf<Of> = Of extends (...given: never[]) => { readonly answer: infer Answer } ? Answer : never;
type NameOf<All> = keyof All & string;

/** What a judge is given of one of these operations. */
export type CarriedOutOf<All> = {
  readonly [Name in NameOf<All>]: CarriedOut<Name, Readonly<ArgumentOf<All[Name]> & AnswerOf<All[Name]>>>;
}[NameOf<All>];

/** For both doors the same, or what it is behind each; a door for which it is `undefined` is left alone. */
export type Argument<Of> = Of | ((door: Door) => Of | undefined);

export interface DoesOperations<All> {
  /**
   * Has the resource carry an operation out.
   * @param on the name of what it is done to; default: the one that was acquired, or the client's first
   * @returns what each door that accepted it answered
   */
  do<Name extends NameOf<All>>(
    operation: Name,
    argument?: Argument<ArgumentOf<All[Name]>>,
    on?: string,
  ): Promise<PerDoor<AnswerOf<All[Name]>>>;
}

/** A lease under which the resource is used; each use records what the lock says of the lease at that moment. */
export interface LeaseInUse<All> extends DoesOperations<All>, AsyncDisposable {
  /** Of the lock. */
  readonly name: string;
  readonly lease: Lease;
  /** The signal has aborted. Users obey this; they do not poll the remaining time before every operation. */
  readonly lost: boolean;
  /** Others may have it at the same time: whoever has it only looks. */
  readonly shared: boolean;
  /** Works for the next hold time of the plan, or until the lease is lost. */
  work(): Promise<void>;
  /** Idempotent; never rejects. */
  release(): Promise<void>;
}

/** One client in one cycle. One call of a lock at a time is open. */
export interface ScenarioClient<All> extends DoesOperations<All> {
  readonly number: number;
  /** A name for this cycle that no other cycle of any client has. */
  readonly turn: string;
  /** Cycles that this client began before this one, since its process was started. */
  readonly count: number;
  /** What there is to take, beginning with the name whose turn it is; at least one. */
  readonly names: readonly [string, ...string[]];
  /** Names of the locks that it has been granted and not released. */
  readonly held: readonly string[];
  /** Aborts when the run is over; who waits for a lock is told by an error. */
  readonly ended: AbortSignal;
  /** @throws what the lock throws: a cycle that lets it pass has just ended */
  acquire(name: string, options?: AcquireOptions): Promise<LeaseInUse<All>>;
  /** `undefined` when somebody else has it. @throws what the lock throws */
  tryAcquire(name: string, options?: TryAcquireOptions): Promise<LeaseInUse<All> | undefined>;
  /** Several locks, taken in the order of their names and released in the opposite one. */
  using<T>(names: readonly string[], routine: (leases: readonly LeaseInUse<All>[]) => Promise<T>): Promise<T>;
  /** From [0, 1), of the plan: the same when it is run again. */
  random(): number;
  /** This client's own clock, in milliseconds: that of another may differ. */
  now(): number;
  /** Until then, or until the run is over. */
  sleep(ms: number): Promise<void>;
}

export interface Scenario<State, All extends Operations<State>> {
  readonly name: string;
  /** One sentence for `holdfast list`. */
  readonly summary: string;
  /** Where the application, or its mistake, was seen. */
  readonly source?: string;
  /** How many names it takes at least; default 1. There may still be fewer where one lock is tried by itself. */
  readonly leastNames?: number;
  /** What the resource holds under each name before anything happens. */
  readonly resources: Readonly<Record<string, State>> | ((plan: ScenarioPlan) => Readonly<Record<string, State>>);
  /** What can be done to it: steps that are carried out one at a time, each recorded. */
  readonly operations: All;
  /** Those that change nothing. */
  readonly looks?: readonly NameOf<All>[];
  /**
   * What one client does, again and again. What it has not released at the end is released then.
   * An error of a lock, or one that the plan asks for, ends the cycle; any other is a mistake of the scenario.
   */
  cycle(client: ScenarioClient<All>): Promise<void>;
  /** The invariant, over what the resource carried out, in order. Pure. */
  judge(operations: readonly CarriedOutOf<All>[], plan: ScenarioPlan): readonly InvariantFinding[];
  /** What holds under which hazard, given a lock that keeps its own claims; default: what the lock claims of lost updates. */
  readonly claims?: Claims;
  /** The invariant is one that histories are judged by anyhow: it is not judged twice. */
  readonly property?: 'no-lost-update';
  /** What `bench` counts: this operation, in this unit, such as `units sold`. */
  readonly rate?: { readonly operation: NameOf<All>; readonly unit: string };
  /** What is wrong with it, where that is on purpose. */
  readonly mistake?: string;
}

/** Any scenario, as the harness handles it. */
export interface AnyScenario extends Pick<
  Scenario<unknown, Operations<unknown>>,
  'name' | 'summary' | 'claims' | 'property' | 'mistake'
> {
  readonly source?: string;
  readonly leastNames?: number;
  readonly resources: Readonly<Record<string, unknown>> | ((plan: ScenarioPlan) => Readonly<Record<string, unknown>>);
  readonly operations: Readonly<Record<string, unknown>>;
  readonly looks?: readonly string[];
  readonly rate?: { readonly operation: string; readonly unit: string };
  cycle(client: ScenarioClient<Readonly<Record<string, never>>>): Promise<void>;
  judge(operations: readonly CarriedOut[], plan: ScenarioPlan): readonly InvariantFinding[];
}
