/** One history out of the files that the processes of a run wrote. */
import { createWriteStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { once } from 'node:events';
import { HISTORY_VERSION, type HistoryEvent, type HistoryHeader, type TimedEvent } from '../history/events.ts';
import { clientsOf, type Plan } from '../plan/plan.ts';

/** All events, in order of time, numbered. A process that was killed may have left its last line torn: it is dropped. */
export async function mergeEvents(files: readonly string[]): Promise<TimedEvent[]> {
  const parts = await Promise.all(files.map(readEvents));
  const events = parts.flat().toSorted((a, b) => a.time - b.time);
  return events.map((event, index) => ({ index, ...event }));
}

async function readEvents(file: string): Promise<TimedEvent[]> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    // Killed before it recorded anything.
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  const lines = text.split('\n');
  lines.pop();
  return lines.map((line) => JSON.parse(line) as TimedEvent);
}

export function headerOf(run: string, plan: Plan): HistoryHeader {
  const { workers, recoverMs, handoverMs, settleMs, bypass, allowanceMs } = plan;
  return {
    holdfast: 'history',
    version: HISTORY_VERSION,
    run,
    clients: clientsOf(plan),
    workers,
    recoverNs: Math.round(recoverMs * 1e6),
    ...(handoverMs === undefined ? {} : { handoverNs: Math.round(handoverMs * 1e6) }),
    ...(settleMs === undefined ? {} : { settleNs: Math.round(settleMs * 1e6) }),
    ...(bypass === undefined ? {} : { bypass }),
    ...(allowanceMs === undefined ? {} : { allowanceNs: Math.round(allowanceMs * 1e6) }),
  };
}

export async function writeHistory(
  path: string,
  header: HistoryHeader,
  events: readonly HistoryEvent[],
): Promise<void> {
  const file = createWriteStream(path);
  file.write(`${JSON.stringify(header)}\n`);
  for (const event of events) {
    if (!file.write(`${JSON.stringify(event)}\n`)) await once(file, 'drain');
  }
  file.end();
  await once(file, 'finish');
}
