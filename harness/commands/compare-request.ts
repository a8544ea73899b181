/** What `compare` is asked for, and what it tells. */
import { z } from 'zod';
import { loadShape, type LoadRequest } from './load-request.ts';
import { wholeNumber } from './request.ts';
import type { ReportedEvent } from './result.ts';

/** Finished `runs`, or locks to measure: `impl` or `all`. */
export interface CompareRequest extends LoadRequest {
  /** Finished runs: folders, or their `report.json`. */
  readonly runs?: readonly string[];
  /** Every reference lock of the catalogue that can be measured here. */
  readonly all?: boolean;
  /** How often each takes its turn; default: 8, and against a lock until it is settled: 8, 16 or 32. */
  readonly rounds?: number;
  /** Holds it against a stored run, or against a lock that takes turns with the others. */
  readonly baseline?: string;
  /** Shares: how much worse is a warning, and a failure. Default: 0.05 and 0.1; of a stored baseline 0.1 and 0.2. */
  readonly warn?: number;
  readonly fail?: number;
}

export type CompareEvent =
  | { readonly type: 'left-out'; readonly lock: string; readonly reason: string }
  /** Turns that will be taken at most. */
  | { readonly type: 'planned'; readonly turns: number }
  | { readonly type: 'starting'; readonly locks: readonly string[] }
  /** Before each turn: how many were taken, of which round this is, of how many, or of at most how many. */
  | {
      readonly type: 'turn';
      readonly lock: string;
      readonly done: number;
      readonly round: number;
      readonly rounds: number;
      readonly settlesEarlier: boolean;
    }
  | ReportedEvent;

const shape = {
  ...loadShape,
  runs: z.array(z.string().min(1)).default([]),
  all: z.boolean().default(false),
  rounds: wholeNumber(1).optional(),
  baseline: z.string().optional(),
  warn: z.number().positive().optional(),
  fail: z.number().positive().optional(),
} satisfies Record<keyof CompareRequest, z.ZodType>;
export const compareSchema = z.strictObject(shape);
export type CompareParsed = z.output<typeof compareSchema>;
