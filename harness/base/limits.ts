/** Bounds of what comes from files: far above what anybody needs, and below what would never end or fill the memory. */
import { z } from 'zod';

/** One day: of anything that a plan waits for. */
export const MAX_MS = 24 * 60 * 60 * 1000;

/** A length of time in a plan. */
export const briefMs = z.number().nonnegative().max(MAX_MS);

/** A name, an address or a path. */
export const shortText = z.string().max(4096);

export const shortListOf = <Item extends z.ZodType>(item: Item): z.ZodArray<Item> => z.array(item).max(1000);

/** A time in a report: of a run that may have taken weeks. */
export const longMs = z.number().nonnegative().max(1e12);

/** Prose in a report. */
export const longText = z.string().max(1_000_000);

export const longListOf = <Item extends z.ZodType>(item: Item): z.ZodArray<Item> => z.array(item).max(1_000_000);

/** Settings that are handed on as they are. */
export const freeSettings = z
  .record(shortText, z.unknown())
  .refine((settings) => JSON.stringify(settings).length <= 100_000, 'expected at most 100000 characters of JSON');
