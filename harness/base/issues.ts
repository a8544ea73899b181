/** What is wrong with a value from outside, in one line. */
import type { z } from 'zod';

const ISSUES_TOLD = 20;
const LENGTH_TOLD = 300;

/** `faults[0].durationMs: Invalid input: expected number, received string; seed: …` */
export function describeIssues({ issues }: z.ZodError): string {
  const told = issues
    .slice(0, ISSUES_TOLD)
    .map(({ path, message }) => oneLine(path.length === 0 ? message : `${placeOf(path)}: ${message}`));
  return [...told, ...(issues.length > ISSUES_TOLD ? [`and ${issues.length - ISSUES_TOLD} more`] : [])].join('; ');
}

/** Without what would break the line or steer a terminal, and no longer than anybody reads. */
export function oneLine(text: string): string {
  const line = text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').trim();
  return line.length > LENGTH_TOLD ? `${line.slice(0, LENGTH_TOLD)}…` : line;
}

/** What was thrown, in a line: whatever it is, for anything can be thrown. */
export function reasonOf(thrown: unknown): string {
  try {
    return oneLine(String(thrown));
  } catch {
    return 'something that cannot be shown';
  }
}

/** A value in a line, as JSON where it has any. */
export function shown(value: unknown): string {
  try {
    return oneLine(JSON.stringify(value) ?? String(value));
  } catch {
    return reasonOf(value);
  }
}

function placeOf(path: readonly PropertyKey[]): string {
  return path
    .map((step, index) => (typeof step === 'number' ? `[${step}]` : `${index === 0 ? '' : '.'}${String(step)}`))
    .join('');
}
