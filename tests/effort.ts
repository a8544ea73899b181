/** How much a test tries: little in `npm test`, and as much as it is told by `npm run evidence`, in slices that do not repeat. */

/** @param few in `npm test` */
export const casesOf = (few: number): number => Number(process.env['HOLDFAST_CASES'] ?? few);

/** Number of the first case of this slice. */
export const FIRST_CASE = Number(process.env['HOLDFAST_FIRST_CASE'] ?? 0);

/** Settings of fast-check: every slice draws from a seed of its own; `npm test` from a new one each time. */
export const draws = (few: number): { readonly numRuns: number; readonly seed?: number } => ({
  numRuns: casesOf(few),
  ...(process.env['HOLDFAST_FIRST_CASE'] !== undefined && { seed: FIRST_CASE }),
});
