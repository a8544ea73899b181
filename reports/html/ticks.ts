/** Round numbers along an axis. */

/** At most `most` + 1 round numbers (1, 2 or 5 times a power of ten apart) within [from, to]. */
export function roundTicks(from: number, to: number, most: number): readonly number[] {
  if (!(to > from)) return [from];
  const rough = (to - from) / most;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5].find((factor) => factor * power >= rough) ?? 10);
  const ticks: number[] = [];
  for (let index = Math.ceil(from / step); index * step <= to; index += 1) ticks.push(index * step);
  return ticks;
}
