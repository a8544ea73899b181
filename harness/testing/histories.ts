/** Histories as an arbitrary, and the checkers to judge them. */
import type * as fc from 'fast-check';
import { checkEvents } from '../check/check.ts';
import type { Model, Verdict } from '../check/verdict.ts';
import type { HistoryEvent, HistoryHeader } from '../history/events.ts';
import { stories, type StoryKind } from './stories.ts';
import { eventsOf } from './story-events.ts';

export interface HistoryRequest extends Partial<StoryKind> {
  /** At most; default 5. */
  readonly leases?: number;
  /** So many leases are held side by side; default 1. */
  readonly abreast?: number;
}

/**
 * Short histories of one lock, in the order of time: leases that mostly follow one another, some of them spoilt by a change.
 * Some are legal and some are not. `checkHistory` tells which.
 */
export function historyArbitrary(request: HistoryRequest = {}): fc.Arbitrary<readonly HistoryEvent[]> {
  const { leases, abreast, fences = true, modes = false, deadlines = true } = request;
  return stories({ fences, modes, deadlines }, leases, abreast).map((story) =>
    eventsOf(story).toSorted((one, other) => (one.time ?? 0) - (other.time ?? 0)),
  );
}

/**
 * Judges a history in memory, as the command `check` judges a file.
 * @param header what some models need to know, such as `recoverNs`
 * @throws HistoryError when the history is malformed
 */
export function checkHistory(
  events: readonly HistoryEvent[],
  model: Model,
  header: Partial<HistoryHeader> = {},
): Verdict {
  return checkEvents(header, events, model);
}
