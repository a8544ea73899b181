/** What a lock did in a plan that none may do. */
import type { BreachKind } from '../report/breach.ts';

export interface Breach {
  readonly kind: BreachKind;
  /** Whose lock, such as `worker 2`. */
  readonly who: string;
  readonly message: string;
  /** Of the call that never came back. */
  readonly lease?: string;
}

/** Breaches of one cause differ at most by the numbers and the random names in them. */
export const causeOf = ({ kind, message }: Breach): string =>
  `${kind} ${message.replaceAll(/[\da-f-]{8,}|\d+/gi, '0')}`;
