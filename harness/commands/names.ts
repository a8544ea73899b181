/** Saying what a user may have meant. */
import { distance } from 'fastest-levenshtein';

/** The name nearest to `typed`, if any is near enough to be a slip of the fingers. */
function nearest(typed: string, names: readonly string[]): string | undefined {
  const ranked = names
    .map((name) => ({ name, slips: distance(typed.toLowerCase(), name) }))
    .toSorted((a, b) => a.slips - b.slips);
  const best = ranked[0];
  if (best === undefined || best.slips > Math.max(2, best.name.length / 3))
    return ranked.find(({ name }) => name.includes(typed))?.name;
  return best.name;
}

/** The end of an error message: `; did you mean "redlock"?`, or the list if there is no near one. */
export function hint(typed: string, names: readonly string[]): string {
  const near = nearest(typed, names);
  return near === undefined ? `; there are: ${names.join(', ')}` : `; did you mean "${near}"?`;
}
