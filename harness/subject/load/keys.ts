/** Which key a client takes in each cycle. */
import type { Random } from '../../base/random.ts';

/**
 * Draws indices from 0 to `keys` - 1 with probabilities that fall as 1 / (index + 1)^`skew` (Zipf); 0: all alike.
 */
export function keyDraw(keys: number, skew: number, random: Random): () => number {
  if (keys === 1) return () => 0;
  if (skew === 0) return () => random.whole(0, keys - 1);
  const weights = Array.from({ length: keys }, (_, index) => (index + 1) ** -skew);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let sum = 0;
  const upTo = weights.map((weight) => (sum += weight) / total);
  return () => {
    const drawn = random.unit();
    let [low, high] = [0, keys - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((upTo[middle] ?? 1) > drawn) high = middle;
      else low = middle + 1;
    }
    return low;
  };
}
