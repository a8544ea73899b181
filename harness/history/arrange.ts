import type { HistoryEvent } from './events.ts';
import { mismatch } from './match.ts';

export interface PlacedEvent {
  readonly event: HistoryEvent;
  readonly at: number;
  readonly ref: number;
  readonly line: number;
}

/**
 * Puts events in an order in which each process's invocations and completions alternate, where there is one. The order
 * of lines means nothing, so a file may hold a completion before its invocation, and events of equal time in any order.
 */
export function arrange(events: readonly PlacedEvent[]): PlacedEvent[] {
  const byProcess = Map.groupBy(events, ({ event }) => event.process);
  return [...byProcess.values()].flatMap((ofProcess) => alternate(ofProcess.toSorted((a, b) => a.at - b.at)));
}

function alternate(sorted: readonly PlacedEvent[]): PlacedEvent[] {
  const arranged: PlacedEvent[] = [];
  let open: PlacedEvent | undefined;
  for (let from = 0; from < sorted.length;) {
    const at = sorted[from]?.at;
    let to = from + 1;
    while (sorted[to]?.at === at) to += 1;
    const tied = sorted.slice(from, to);
    while (tied.length > 0) {
      const [next] = tied.splice(nextOf(tied, open), 1);
      if (next === undefined) break;
      arranged.push(next);
      open = next.event.type === 'invoke' ? next : undefined;
    }
    from = to;
  }
  return arranged;
}

/** Index of the event of a tie that may come next; 0 where none fits (pairing then says what is wrong). */
function nextOf(tied: readonly PlacedEvent[], open: PlacedEvent | undefined): number {
  if (open !== undefined) return Math.max(0, completionOf(open, tied));
  const invokes = tied.flatMap(({ event }, index) => (event.type === 'invoke' ? [index] : []));
  const completed = invokes.find((index) => {
    const invoke = tied[index];
    return invoke !== undefined && completionOf(invoke, tied) >= 0;
  });
  return completed ?? invokes[0] ?? 0;
}

function completionOf(invoke: PlacedEvent, tied: readonly PlacedEvent[]): number {
  return tied.findIndex(({ event }) => event.type !== 'invoke' && mismatch(invoke.event, event) === undefined);
}
