/** The shared counter behind two doors: what a lock protects, in the process that owns it. */
import type { Door, HistoryEvent } from '../history/events.ts';
import type { ResourceRequest, ResourceResponse, Seen } from './protocol.ts';

interface Counter {
  plain: number;
  fenced: number;
  /** The highest fencing token of an exclusive lease seen behind the fenced door, and the highest of all. */
  exclusiveMark: bigint;
  mark: bigint;
}

/**
 * Each key has two counters. The plain door lets everybody in. The fenced door refuses a token below the highest that
 * it has seen, and reads raise the mark as writes do: otherwise two writers that both read before either wrote slip
 * through. Shared leases do not shut each other out: theirs must only be above the exclusive ones. A write stores what its writer computed (`from + 1`): keeping two writers apart is the lock's affair.
 */
export class SharedCounter {
  readonly #counters = new Map<string, Counter>();
  readonly #observe: (event: HistoryEvent) => void;

  constructor(observe: (event: HistoryEvent) => void) {
    this.#observe = observe;
  }

  use(request: ResourceRequest): ResourceResponse {
    const seen: Partial<Record<Door, number>> = {};
    for (const door of ['plain', 'fenced'] as const) {
      const value = this.#useDoor(request, door);
      if (value !== undefined) seen[door] = value;
    }
    return { id: request.id, seen: seen satisfies Seen };
  }

  #useDoor(request: ResourceRequest, door: Door): number | undefined {
    const { f, key, lease, fence, shared = false } = request;
    if (door === 'fenced' && fence === undefined) return undefined;
    const from = f === 'write' ? request.from[door] : undefined;
    // A door that refused the read has nothing to be written.
    if (f === 'write' && from === undefined) return undefined;
    const counter = this.#counter(key);
    const accepted = door === 'plain' || this.#passes(counter, fence, shared);
    const base = { lease, ...(fence === undefined ? {} : { fence }), door };
    if (from === undefined) {
      this.#observe({ type: 'info', process: 'resource', f, key, value: { ...base, value: counter[door], accepted } });
    } else {
      if (accepted) counter[door] = from + 1;
      this.#observe({ type: 'info', process: 'resource', f, key, value: { ...base, from, to: from + 1, accepted } });
    }
    return accepted ? counter[door] : undefined;
  }

  #passes(counter: Counter, fence: string | undefined, shared: boolean): boolean {
    const token = BigInt(fence ?? -1);
    if (token < (shared ? counter.exclusiveMark : counter.mark)) return false;
    if (!shared) counter.exclusiveMark = token;
    if (token > counter.mark) counter.mark = token;
    return true;
  }

  #counter(key: string): Counter {
    let counter = this.#counters.get(key);
    if (counter === undefined) {
      counter = { plain: 0, fenced: 0, exclusiveMark: -1n, mark: -1n };
      this.#counters.set(key, counter);
    }
    return counter;
  }
}
