/** What the faults of a plan are drawn with: whom they touch, when, and for how long, for plans of one size. */
import fc, { type Arbitrary } from 'fast-check';
import type { Hazard } from 'holdfast-locks/internal/claims';
import type { Fault } from './plan.ts';

export interface LaneSizes {
  readonly workers: number;
  readonly nodes: number;
  /** The first so many of the nodes keep data. */
  readonly dataNodes: number;
  /** Whether the nodes depend on each other. */
  readonly replicated: boolean;
  readonly leaseMs: number;
}

export type FaultWithoutId = Omit<Fault, 'id'>;
type Moment = NonNullable<Fault['aim']>['moment'];

export type Drawn = Omit<FaultWithoutId, 'hazard'>;

/** A hazard as far as plans are concerned. */
export interface DrawnHazard {
  readonly name: Hazard;
  /** The faults of one plan, which follow one another. */
  draw(draw: Draw): Arbitrary<Drawn>[];
}

interface Effects {
  readonly durationMs: Arbitrary<number>;
  readonly delayMs?: Arbitrary<number>;
  readonly direction?: Arbitrary<NonNullable<Fault['direction']>>;
  readonly jumpMs?: Arbitrary<number>;
}

export interface NodeEffects extends Effects {
  readonly aimed?: boolean;
  /** Absent: the nodes themselves, not their links. */
  readonly workers?: Arbitrary<readonly number[]>;
}

/** No client gives an answer up so soon. */
const SAT_OUT_MS = 300;
/** When clients have given an answer up, with leases of any length, and have not yet closed the connection. */
const GIVEN_UP_MS = [1200, 1900] as const;
/** By then they have closed it. */
const CLOSED_MS = 2000;

/** A request and its answer are this far apart while a fault aims at what happens between them. */
const IN_FLIGHT_MS = 40;

/** All times in milliseconds. */
export class Draw {
  readonly lease: number;
  readonly allWorkers: readonly number[];
  readonly allNodes: readonly number[];
  readonly replicated: boolean;
  readonly minority: number;
  readonly majority: number;
  /** How many lose their data at once: as many as it takes for what was written to be gone. */
  readonly dataLossCount: number;
  readonly #dataNodes: readonly number[];
  readonly direction = fc.constantFrom('request' as const, 'reply' as const, 'both' as const);
  readonly #worker: Arbitrary<number>;

  constructor({ workers, nodes, dataNodes, replicated, leaseMs }: LaneSizes) {
    this.lease = leaseMs;
    this.allWorkers = range(workers);
    this.allNodes = range(nodes);
    this.#dataNodes = range(dataNodes);
    this.replicated = replicated;
    this.minority = Math.max(1, Math.ceil(dataNodes / 2) - 1);
    this.majority = Math.floor(dataNodes / 2) + 1;
    this.dataLossCount = replicated ? nodes : this.majority;
    this.#worker = fc.integer({ min: 0, max: workers - 1 });
  }

  ms(from: number, to: number): Arbitrary<number> {
    const min = Math.round(from);
    // A part of a short lease may be less than the least that a fault must last.
    return fc.integer({ min, max: Math.max(min, Math.round(to)) });
  }

  /** A delay that clients sit out, whatever the lease: at most this share of it, and shorter than they wait for an answer. */
  delay(share: number): Arbitrary<number> {
    return this.ms(40, Math.min(this.lease * share, SAT_OUT_MS));
  }

  /** So many leases; of long ones little more than one, for outages cost events, and time. */
  leases(from: number, to: number): Arbitrary<number> {
    return this.outlastsClients
      ? this.ms(this.lease * 1.1, this.lease * 1.5)
      : this.ms(this.lease * from, this.lease * to);
  }

  /** Whether clients give an answer up, and its connection too, before a lease has passed: whoever waits so long is not there. */
  get outlastsClients(): boolean {
    return this.lease > GIVEN_UP_MS[0];
  }

  /**
   * Delays beyond what clients wait for an answer, with how long a fault must last for what it delays to arrive: beyond that
   * alone, and with a long lease also beyond the lease, when the connection has mostly gone.
   */
  get overdue(): readonly (Effects & { readonly delayMs: Arbitrary<number> })[] {
    const beyond = {
      delayMs: this.ms(this.lease * 1.05, this.lease * 1.3),
      durationMs: this.#lastingBeyond(this.lease),
    };
    if (!this.outlastsClients) return [beyond, beyond];
    const givenUp = { delayMs: this.ms(...GIVEN_UP_MS), durationMs: this.#lastingBeyond(CLOSED_MS) };
    return [givenUp, givenUp, beyond];
  }

  #lastingBeyond(ms: number): Arbitrary<number> {
    return fc.constant(Math.round(ms * 1.4));
  }

  /** Something between one worker and all nodes, from a moment on, or until some time after one. */
  onWorker({
    aim,
    until,
    ...effects
  }: Effects & { readonly aim?: readonly Moment[]; readonly until?: readonly Moment[] }): Arbitrary<Drawn> {
    return this.#worker.chain((worker) => {
      const aimed = aim === undefined ? {} : { aim: this.#aim(worker, aim, 20) };
      const lasting = until === undefined ? {} : { aim: this.#aim(worker, until, 0, 'end') };
      return this.#fault({ ...effects, ...aimed, ...lasting }, [worker], this.allNodes);
    });
  }

  /** The process of one worker. `inFlight`: its answers are slow meanwhile, and it is met while one is on the way. */
  onProcess({
    aim,
    inFlight,
    ...effects
  }: Effects & { readonly aim: readonly Moment[]; readonly inFlight?: boolean }): Arbitrary<Drawn> {
    const slow = inFlight ? { delayMs: fc.constant(IN_FLIGHT_MS), direction: fc.constant('reply' as const) } : {};
    return this.#worker.chain((worker) =>
      this.#fault(
        { ...effects, ...slow, aim: this.#aim(worker, aim, inFlight ? IN_FLIGHT_MS * 0.8 : 5) },
        [worker],
        inFlight ? this.allNodes : [],
      ),
    );
  }

  /** Whoever leads the nodes when the fault strikes, or its links to `workers`. */
  onLeader({ aimed, workers, ...effects }: NodeEffects): Arbitrary<Drawn> {
    return fc
      .tuple(workers ?? fc.constant<readonly number[]>([]), this.#worker)
      .chain(([touched, worker]) => this.#fault({ ...effects, ...this.#aimedAtGrant(worker, aimed) }, touched, []))
      .map((fault) => ({ ...fault, leader: true }));
  }

  /** Some nodes, and again; where one of them leads, at first that one: what others suffer, nobody may notice. */
  leaderThenAny(count: number, effects: NodeEffects, first = effects): Arbitrary<Drawn>[] {
    return [this.replicated ? this.onLeader(first) : this.onNodes(count, first), this.onNodes(count, effects)];
  }

  /** Some nodes, or the links between them and `workers`. `aimed`: when somebody has just been granted the lock. */
  onNodes(count: number, { aimed, workers, ...effects }: NodeEffects): Arbitrary<Drawn> {
    const from = count > this.#dataNodes.length ? this.allNodes : this.#dataNodes;
    const nodes = fc.shuffledSubarray([...from], { minLength: count, maxLength: count });
    return fc
      .tuple(nodes, workers ?? fc.constant<readonly number[]>([]), this.#worker)
      .chain(([chosen, touched, worker]) =>
        this.#fault({ ...effects, ...this.#aimedAtGrant(worker, aimed) }, touched, chosen),
      );
  }

  #aimedAtGrant(worker: number, aimed: boolean | undefined): { aim?: Arbitrary<NonNullable<Fault['aim']>> } {
    return aimed ? { aim: this.#aim(worker, ['acquire.ok'], 5) } : {};
  }

  /** Something between half of the workers and all nodes, until some time after the first of them has asked for the lock. */
  onHalf(effects: Effects): Arbitrary<Drawn> {
    const half = Math.max(1, Math.floor(this.allWorkers.length / 2));
    return fc
      .shuffledSubarray([...this.allWorkers], { minLength: half, maxLength: half })
      .chain((workers) =>
        this.#fault(
          { ...effects, aim: this.#aim(workers[0] ?? 0, ['acquire.invoke'], 0, 'end') },
          workers,
          this.allNodes,
        ),
      );
  }

  /** Answers to half of the workers are held back until a lease that was then granted has ended, and come all at once. */
  get delayedReplies(): Arbitrary<Drawn> {
    return this.onHalf({
      delayMs: this.ms(this.lease * 1.5, this.lease * 2),
      direction: fc.constant('reply' as const),
      durationMs: this.ms(this.lease * 1.02, this.lease * 1.25),
    });
  }

  #aim(
    worker: number,
    moments: readonly Moment[],
    plusMs: number,
    of: 'start' | 'end' = 'start',
  ): Arbitrary<NonNullable<Fault['aim']>> {
    return fc.record({
      of: fc.constant(of),
      worker: fc.constant(worker),
      moment: fc.constantFrom(...moments),
      nth: this.ms(1, 2),
      plusMs: this.ms(0, plusMs),
      withinMs: fc.constant(this.lease * 2),
    });
  }

  #fault(
    effects: Effects & { readonly aim?: Arbitrary<NonNullable<Fault['aim']>> },
    workers: readonly number[],
    nodes: readonly number[],
  ): Arbitrary<Drawn> {
    return fc
      .record({ afterMs: this.ms(20, 120), ...effects })
      .map((drawn) => ({ ...drawn, workers: [...workers], nodes: [...nodes] }));
  }
}

export function repeat(times: number, fault: Arbitrary<Drawn>): Arbitrary<Drawn>[] {
  return Array.from({ length: times }, () => fault);
}

function range(length: number): number[] {
  return Array.from({ length }, (_, index) => index);
}
