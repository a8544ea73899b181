/** The small plan in which every position of one fault is tried, and whom such a fault may strike. */
import { dataNodesOf, nodesOf, type Fault, type Plan } from '../plan/plan.ts';

export type Variant = Omit<Fault, 'id' | 'hazard' | 'afterMs'>;
type Effects = Omit<Variant, 'workers' | 'nodes'>;

/** All times in milliseconds. */
export class Scope {
  readonly lease: number;
  readonly workers: readonly number[];
  readonly nodes: readonly number[];
  readonly minority: readonly number[];
  readonly majority: readonly number[];
  /** Longer than a lease, whenever it was granted. */
  readonly beyond: number;
  /** So late that a lease that was asked for then is over. */
  readonly late: number;

  constructor({ workers, topology, leaseMs }: Pick<Plan, 'workers' | 'topology' | 'leaseMs'>) {
    const data = dataNodesOf(topology);
    this.lease = leaseMs;
    this.workers = Array.from({ length: workers }, (_, worker) => worker);
    this.nodes = Array.from({ length: nodesOf(topology) }, (_, node) => node);
    this.minority = this.nodes.slice(0, Math.max(1, Math.ceil(data / 2) - 1));
    this.majority = this.nodes.slice(0, Math.floor(data / 2) + 1);
    this.beyond = Math.round(leaseMs * 1.3);
    this.late = Math.round(leaseMs * 1.1);
  }

  /** The process of either worker. */
  onProcesses(effects: Effects): Variant[] {
    return this.#onEach([], effects);
  }

  /** Either worker's links to these nodes. */
  onLinks(effects: Effects, nodes = this.nodes): Variant[] {
    return this.#onEach(nodes, effects);
  }

  onEitherWay(effects: Effects): Variant[] {
    return (['request', 'reply'] as const).flatMap((direction) => this.onLinks({ direction, ...effects }));
  }

  /** The links of all workers to these nodes. */
  onAllLinks(nodes: readonly number[], effects: Effects): Variant[] {
    return [{ nodes: [...nodes], workers: [...this.workers], ...effects }];
  }

  onNodes(nodes: readonly number[], effects: Effects): Variant[] {
    return [{ ...effects, nodes: [...nodes], workers: [] }];
  }

  #onEach(nodes: readonly number[], effects: Effects): Variant[] {
    return this.workers.map((worker) => ({ nodes: [...nodes], ...effects, workers: [worker] }));
  }
}
