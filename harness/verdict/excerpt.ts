/** The part of a long history that shows what a finding is about. */
import type { Finding } from '../check/verdict.ts';
import type { HistoryEvent } from '../history/events.ts';
import { forEachLine } from '../history/lines.ts';

/** So much before and after is shown. */
const AROUND_NS = 1e9;
const SHOWN_AT_MOST = 20_000;

/** What happened to the key of a finding from its first witness on, and to everything else that has no key. */
export async function eventsAround(path: string, { at, key, witness }: Finding): Promise<HistoryEvent[]> {
  const from = Math.min(at, ...witness.map(({ time = at }) => time)) - AROUND_NS;
  const events: HistoryEvent[] = [];
  await forEachLine(path, (text, line, _offset, complete) => {
    if (line === 1 || !complete || events.length > SHOWN_AT_MOST) return;
    const event = JSON.parse(text) as HistoryEvent;
    const { time = 0 } = event;
    if (time < from || time > at + AROUND_NS || (event.key !== undefined && event.key !== key)) return;
    events.push(event);
  });
  return events;
}
