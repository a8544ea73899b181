/**
 * Did a fault bite? A fault that disturbed nothing has tested nothing. Each hazard has its rule; all but those of clocks
 * and of failover (stamped when the clock, or the next leader, was seen) are decided from the history alone.
 */
import type { HistoryEvent, NemesisValue, WireObservation } from '../history/events.ts';
import { replicatesLater, workerOf, type Fault, type Plan } from '../plan/plan.ts';

/** Stretch of time in nanoseconds. */
interface Span {
  readonly from: number;
  readonly to: number;
}
interface LeaseSpan extends Span {
  readonly worker: number;
  /** The last that was stated; the plan's lease where the lock states none. */
  readonly deadline: number;
}
interface Operation extends Span {
  readonly worker: number;
  readonly f: 'acquire' | 'release';
  readonly completed: HistoryEvent['type'] | undefined;
}
type OpenOperation = { -readonly [Field in keyof Operation]: Operation[Field] };
interface Wire extends Span {
  readonly worker: number;
  readonly node: number;
  readonly ms: number;
  readonly end: WireObservation['end'];
}

/** What the rules look at, drawn from a history once. */
export interface Evidence {
  readonly windows: ReadonlyMap<string, Span>;
  readonly stamped: ReadonlySet<string>;
  readonly leases: readonly LeaseSpan[];
  readonly operations: readonly Operation[];
  readonly wires: readonly Wire[];
  /** The servers of the plan answer before their replicas have heard of it. */
  readonly asynchronous: boolean;
}

/** Delays are met with this tolerance: the observation has a resolution of some milliseconds. */
const DELAY_MET = 0.85;
/** A command that waits this long for a paused or unreachable server has failed or will time out. */
const UNANSWERED_MS = 100;

/** @returns the ids of the plan's faults that were applied, and of those that bit. */
export function judgeBites(plan: Plan, events: readonly HistoryEvent[]): { applied: string[]; bitten: string[] } {
  const evidence = gather(plan, events);
  const applied = plan.faults.filter((fault) => evidence.windows.has(fault.id));
  const bitten = applied.filter((fault) => evidence.stamped.has(fault.id) || bit(fault, evidence));
  return { applied: applied.map((fault) => fault.id), bitten: bitten.map((fault) => fault.id) };
}

function bit(fault: Fault, evidence: Evidence): boolean {
  const window = evidence.windows.get(fault.id);
  if (window === undefined) return false;
  // A fault of servers names no workers: it may touch them all; whoever led has no number in the plan.
  const ofWorker = (worker: number): boolean => fault.workers.length === 0 || fault.workers.includes(worker);
  const ofNode = (node: number): boolean => fault.leader === true || fault.nodes.includes(node);
  const wires = evidence.wires.filter((wire) => overlaps(wire, window) && ofNode(wire.node) && ofWorker(wire.worker));
  const leases = evidence.leases.filter((lease) => lease.from <= window.from && window.from <= lease.to);
  const operations = evidence.operations.filter((operation) => overlaps(operation, window));
  const delayMs = fault.delayMs ?? 0;
  switch (fault.hazard) {
    case 'latency':
    case 'slow-node':
      return wires.some((wire) => wire.ms >= delayMs * DELAY_MET);
    case 'late-request':
      // Answered, so executed; and later than any timeout of the client's, which is shorter than the lease.
      return wires.some((wire) => wire.end === 'reply' && wire.ms >= delayMs * DELAY_MET);
    case 'reset':
      return wires.some((wire) => wire.end === 'closed');
    case 'lost-reply':
    case 'server-pause':
      return wires.some((wire) => wire.end === 'closed' || wire.ms >= UNANSWERED_MS);
    case 'minority-partition':
      return (
        wires.some((wire) => wire.end === 'closed' || wire.ms >= UNANSWERED_MS) ||
        // A primary that need not ask its replicas goes on by itself: it is the cut that matters then.
        (evidence.asynchronous && fault.leader === true && operations.some(({ f }) => f === 'acquire'))
      );
    case 'client-partition':
      return (
        wires.some((wire) => wire.end === 'closed' || wire.ms >= UNANSWERED_MS) ||
        leases.some((lease) => ofWorker(lease.worker) && lease.deadline < window.to)
      );
    case 'client-pause':
      return leases.some((lease) => ofWorker(lease.worker) && lease.deadline < window.to);
    case 'client-crash': {
      const acquiring = operations.some(
        (operation) => ofWorker(operation.worker) && operation.f === 'acquire' && operation.from <= window.from,
      );
      return acquiring || leases.some((lease) => ofWorker(lease.worker));
    }
    case 'server-crash':
    case 'server-crash-volatile':
      return leases.length > 0;
    case 'majority-partition':
      return operations.some(
        (operation) =>
          operation.f === 'acquire' &&
          ofWorker(operation.worker) &&
          (operation.completed !== 'ok' || operation.to >= window.to),
      );
    case 'failover':
    case 'clock-jump':
    case 'clock-jump-back':
    case 'clock-jump-majority':
    case 'client-clock-jump':
      return false;
  }
}

const isOperation = (f: string): f is Operation['f'] => f === 'acquire' || f === 'release';
const overlaps = (a: Span, b: Span): boolean => a.from <= b.to && b.from <= a.to;

function gather(plan: Plan, events: readonly HistoryEvent[]): Evidence {
  const windows = new Map<string, { from: number; to: number }>();
  const stamped = new Set<string>();
  const wires: Wire[] = [];
  const operations: OpenOperation[] = [];
  const leases = new Map<string, { worker: number; from: number; to: number; deadline: number }>();
  const open = new Map<number, OpenOperation>();

  for (const event of events) {
    const time = event.time ?? 0;
    const { f } = event;
    const value = (event.value ?? {}) as Record<string, unknown>;
    if (event.process === 'nemesis') {
      const { fault, phase, target } = value as unknown as NemesisValue;
      if (phase === 'start') windows.set(fault, { from: time, to: Infinity });
      if (phase === 'bit') stamped.add(fault);
      const window = windows.get(fault);
      if (phase === 'end' && window !== undefined) window.to = time;
      if (phase === 'end' && event.f === 'client-crash') {
        // What the killed process had open is over.
        for (const span of [...operations, ...leases.values()]) {
          if (span.worker === target.worker && span.to === Infinity) span.to = time;
        }
      }
    } else if (event.f === 'wire' && typeof event.process === 'string') {
      const { node, ms, end } = value as unknown as WireObservation;
      wires.push({
        worker: Number(event.process.slice('worker-'.length)),
        node,
        ms,
        end,
        from: time - ms * 1e6,
        to: time,
      });
    } else if (event.f === 'renew') {
      const lease = leases.get(String(value['lease']));
      if (lease !== undefined) lease.deadline = Number(value['deadline']);
    } else if (typeof event.process === 'number' && isOperation(f)) {
      const id = String(value['lease']);
      if (event.type === 'invoke') {
        const operation = {
          worker: workerOf(plan, event.process),
          f,
          from: time,
          to: Infinity,
          completed: undefined,
        };
        operations.push(operation);
        open.set(event.process, operation);
        const lease = leases.get(id);
        if (event.f === 'release' && lease !== undefined) lease.to = time;
        continue;
      }
      const operation = open.get(event.process);
      open.delete(event.process);
      if (operation !== undefined) {
        operation.to = time;
        operation.completed = event.type;
      }
      if (event.f === 'acquire' && event.type === 'ok') {
        const deadline = value['deadline'] === undefined ? time + plan.leaseMs * 1e6 : Number(value['deadline']);
        leases.set(id, { worker: workerOf(plan, event.process), from: time, to: Infinity, deadline });
      }
    }
  }
  const asynchronous = replicatesLater(plan.topology);
  return { windows, stamped, leases: [...leases.values()], operations, wires, asynchronous };
}
