/** Saying what a user may have meant. */
import { distance } from 'fastest-levenshtein';

/** So many at most. */
const SUGGESTED = 3;

/** The names nearest to `typed`, nearest first, of those that are near enough to be a slip of the fingers. */
function nearest(typed: string, names: readonly string[]): string[] {
  const ranked = names
    .map((name) => ({ name, slips: distance(typed.toLowerCase(), name) }))
    .filter(({ name, slips }) => slips <= Math.max(2, name.length / 3))
    .toSorted((a, b) => a.slips - b.slips);
  // What is farther than the best by more than one was hardly meant.
  const near = ranked.filter(({ slips }) => slips <= (ranked[0]?.slips ?? 0) + 1).map(({ name }) => name);
  return (near.length > 0 ? near : names.filter((name) => name.includes(typed))).slice(0, SUGGESTED);
}

/** The end of an error message: `; did you mean "redlock"?`, or the list if there is no near one. */
export function hint(typed: string, names: readonly string[]): string {
  const near = nearest(typed, names).map((name) => `"${name}"`);
  return near.length === 0 ? `; there are: ${names.join(', ')}` : `; did you mean ${near.join(' or ')}?`;
}
