/** The same values in the same order, beginning with another: the first with 0, the second with 1. */
export function rotated<T>(values: readonly T[], by: number): T[] {
  return values.map((_, index) => values[(index + by) % values.length] as T);
}
