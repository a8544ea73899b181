import { z } from 'zod';
import { shortText } from '../base/limits.ts';
import { HistoryError } from './errors.ts';
import { HISTORY_VERSION, type HistoryHeader, type Process } from './events.ts';

const count = z.number().int().positive();
const nanoseconds = z.number().nonnegative().max(Number.MAX_SAFE_INTEGER);

const headerSchema = z.looseObject({
  holdfast: z.literal('history'),
  version: count,
  run: shortText.optional(),
  model: shortText.optional(),
  clients: count.optional(),
  workers: count.optional(),
  permits: count.optional(),
  recoverNs: nanoseconds.optional(),
  handoverNs: nanoseconds.optional(),
  settleNs: nanoseconds.optional(),
  bypass: z.number().int().nonnegative().optional(),
  allowanceNs: nanoseconds.optional(),
});

/** What is assumed of a history without a header: the current version, and nothing else. */
export const NO_HEADER: HistoryHeader = { holdfast: 'history', version: HISTORY_VERSION };

export function isHeader(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'holdfast' in value;
}

/** @throws HistoryError when a field is wrong, or the version is newer than this program. */
export function parseHeader(value: unknown): HistoryHeader {
  const parsed = headerSchema.safeParse(value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new HistoryError(1, issue?.path.join('.') ?? '', issue?.message ?? 'not a header');
  }
  if (parsed.data.version > HISTORY_VERSION) {
    throw new HistoryError(
      1,
      'version',
      `history version ${parsed.data.version} is newer than this program reads (${HISTORY_VERSION}); update holdfast`,
    );
  }
  return parsed.data;
}

/** The logical client behind a process: after an unknown outcome or a kill it goes on as `process + clients`. */
export function clientOf(header: HistoryHeader, process: number): number {
  return header.clients === undefined ? process : process % header.clients;
}

/** The worker that a process runs in: a number, or the one in a name such as `worker-2`; `undefined` for other names. */
export function workerOf(header: HistoryHeader, process: Process): number | undefined {
  if (typeof process === 'string') {
    const digits = /^worker-(\d+)$/.exec(process)?.[1];
    return digits === undefined ? undefined : Number(digits);
  }
  const client = clientOf(header, process);
  return header.workers === undefined ? client : client % header.workers;
}
