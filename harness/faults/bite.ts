/**
 * Did a fault bite? A fault that disturbed nothing has tested nothing. Each hazard has its rule; all but those of clocks
 * and of failover (stamped when the clock, or the next leader, was seen) are decided from the history alone.
 */
import type { FileObservation, HistoryEvent, NemesisValue, WireObservation } from '../history/events.ts';
import { replicatesLater, workerOf, type Fault, type Plan } from '../plan/plan.ts';
import type { FaultEvidence, FileCall, LeaseSpan, Operation, Span, Wire } from './evidence.ts';
import { findHazard, hazardNamed } from './hazards/table.ts';

/** What the rules look at, drawn from a history once. */
interface Gathered extends Pick<FaultEvidence, 'leases' | 'operations' | 'wires' | 'files' | 'asynchronous'> {
  readonly windows: ReadonlyMap<string, Span>;
  readonly seen: ReadonlySet<string>;
}
type OpenOperation = { -readonly [Field in keyof Operation]: Operation[Field] };
type OpenLease = { -readonly [Field in keyof LeaseSpan]: LeaseSpan[Field] };

/** @returns the ids of the plan's faults that were applied, and of those that bit. */
export function judgeBites(plan: Plan, events: readonly HistoryEvent[]): { applied: string[]; bitten: string[] } {
  const gathered = gather(plan, events);
  const around = plan.faults.flatMap((fault) => evidenceOf(fault, gathered) ?? []);
  const bitten = around.filter((evidence) => hazardNamed(evidence.fault.hazard).bit(evidence));
  const ids = (of: readonly FaultEvidence[]): string[] => of.map(({ fault }) => fault.id);
  return { applied: ids(around), bitten: ids(bitten) };
}

/** `undefined` where the fault was never applied. */
function evidenceOf(fault: Fault, gathered: Gathered): FaultEvidence | undefined {
  const window = gathered.windows.get(fault.id);
  if (window === undefined) return undefined;
  // A fault of servers names no workers: it may touch them all; whoever led has no number in the plan.
  const touches = (worker: number): boolean => fault.workers.length === 0 || fault.workers.includes(worker);
  const ofNode = (node: number): boolean => fault.leader === true || fault.nodes.includes(node);
  return {
    ...{ fault, window, touches, seen: gathered.seen.has(fault.id), asynchronous: gathered.asynchronous },
    wires: gathered.wires.filter((wire) => overlaps(wire, window) && ofNode(wire.node) && touches(wire.worker)),
    files: gathered.files.filter((file) => overlaps(file, window) && touches(file.worker)),
    leases: gathered.leases.filter((lease) => lease.from <= window.from && window.from <= lease.to),
    operations: gathered.operations.filter((operation) => overlaps(operation, window)),
  };
}

const isOperation = (f: string): f is Operation['f'] => f === 'acquire' || f === 'release';
const overlaps = (a: Span, b: Span): boolean => a.from <= b.to && b.from <= a.to;

function gather(plan: Plan, events: readonly HistoryEvent[]): Gathered {
  const windows = new Map<string, { from: number; to: number }>();
  const seen = new Set<string>();
  const wires: Wire[] = [];
  const files: FileCall[] = [];
  const operations: OpenOperation[] = [];
  const leases = new Map<string, OpenLease>();
  const open = new Map<number, OpenOperation>();

  for (const event of events) {
    const time = event.time ?? 0;
    const { f } = event;
    const value = (event.value ?? {}) as Record<string, unknown>;
    if (event.process === 'nemesis') {
      const { fault, phase, target } = value as unknown as NemesisValue;
      if (phase === 'start') windows.set(fault, { from: time, to: Infinity });
      if (phase === 'bit') seen.add(fault);
      const window = windows.get(fault);
      if (phase === 'end' && window !== undefined) window.to = time;
      if (phase === 'end' && findHazard(f)?.killsWorkers) {
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
    } else if (event.f === 'file' && typeof event.process === 'string') {
      const { what, ms } = value as unknown as FileObservation;
      files.push({ worker: Number(event.process.slice('worker-'.length)), what, from: time - ms * 1e6, to: time });
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
  return { windows, seen, leases: [...leases.values()], operations, wires, files, asynchronous };
}
