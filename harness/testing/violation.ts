/** What a property throws when a plan shows that a lock breaks a promise. */
import type { Property } from 'holdfast-locks/internal/claims';
import { callOf } from '../base/call.ts';
import { keepPlan } from '../commands/keep-plan.ts';
import type { Evidence } from '../verdict/matrix.ts';
import { witnessOf } from '../verdict/story.ts';

/** The message tells what happened, line by line, and how to have it happen again. */
export class ViolationError extends Error {
  override readonly name = 'ViolationError';
  readonly property: Property;

  constructor(property: Property, message: string) {
    super(message);
    this.property = property;
  }
}

/** @param out the folder in which the plan is kept; each smaller one replaces that which it was made from */
export function violationOf({ charged, judgement }: Evidence, out: string): ViolationError {
  const { plan, events, bitten } = judgement;
  const { finding, hazards } = charged;
  const { story } = witnessOf(plan, events, finding, bitten);
  const file = keepPlan(plan, out, 'failing');
  const lines = [
    `${finding.property} is violated under ${hazards.join(' with ')}:`,
    ...story,
    `again: ${callOf('replay', file, '--backend', 'sim')}`,
  ];
  return new ViolationError(finding.property, lines.join('\n'));
}
