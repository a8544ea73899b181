/** What is wrong with a value from outside, in one line. */
import type { z } from 'zod';

/** `faults[0].durationMs: Invalid input: expected number, received string; seed: …` */
export function describeIssues({ issues }: z.ZodError): string {
  return issues.map(({ path, message }) => (path.length === 0 ? message : `${placeOf(path)}: ${message}`)).join('; ');
}

function placeOf(path: readonly PropertyKey[]): string {
  return path
    .map((step, index) => (typeof step === 'number' ? `[${step}]` : `${index === 0 ? '' : '.'}${String(step)}`))
    .join('');
}
