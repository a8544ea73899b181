/** What `bench` is asked for, and what it tells. */
import { z } from 'zod';
import { HAZARDS, type Hazard } from 'holdfast-locks/internal/claims';
import { HIGHEST_PORT } from '../load/metrics-server.ts';
import { PRESETS } from '../load/presets.ts';
import type { LiveFigures } from '../load/settings.ts';
import { loadShape, type LoadRequest } from './load-request.ts';
import { wholeNumber } from './request.ts';
import type { LockEvent, ReportedEvent } from './result.ts';

/** Every field but `impl` has a default. */
export interface BenchRequest extends LoadRequest {
  /** A load with figures that others have stated: `documents`. */
  readonly preset?: string;
  /** Serves how it goes to Prometheus on this port of 127.0.0.1. */
  readonly metricsPort?: number;
  /** Searches for the capacity, and measures at shares of it. */
  readonly saturation?: boolean;
  /** Faults under load, a round for each. */
  readonly hazards?: readonly Hazard[];
}

export type BenchEvent =
  /** How long each lock takes, about. */
  | { readonly type: 'planned'; readonly locks: readonly { readonly lock: string; readonly expectedMs: number }[] }
  | LockEvent
  /** About twice a second. */
  | ({ readonly type: 'live' } & LiveFigures)
  | { readonly type: 'lock-measured'; readonly lock: string }
  | ReportedEvent;

const shape = {
  ...loadShape,
  preset: z
    .string()
    .refine((name) => name in PRESETS, `expected one of ${Object.keys(PRESETS).join(', ')}`)
    .optional(),
  metricsPort: wholeNumber(0).max(HIGHEST_PORT).optional(),
  saturation: z.boolean().default(false),
  hazards: z.array(z.enum(HAZARDS)).readonly().optional(),
} satisfies Record<keyof BenchRequest, z.ZodType>;
export const benchSchema = z.strictObject(shape);
export type BenchParsed = z.output<typeof benchSchema>;
