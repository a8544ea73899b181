/** What a lock may promise: the vocabulary shared by every lock's claims and by the harness that tests them. */

/** Properties a lock can have; `docs/verdicts.md` defines each exactly. */
export const PROPERTIES = [
  'exclusion',
  'no-lost-update',
  'fencing',
  'deadlock-freedom',
  'loss-notice',
  'fairness',
  'reentrancy',
  'sharing',
] as const;
export type Property = (typeof PROPERTIES)[number];

/** Classes of faults; each has a bite rule in `harness/faults/`. */
export const HAZARDS = [
  'none',
  'latency',
  'slow-node',
  'late-request',
  'reset',
  'lost-reply',
  'client-partition',
  'client-pause',
  'client-crash',
  'server-pause',
  'server-crash',
  'server-crash-volatile',
  'failover',
  'minority-partition',
  'majority-partition',
  'clock-jump',
  'clock-jump-back',
  'clock-jump-majority',
  'client-clock-jump',
] as const;
export type Hazard = (typeof HAZARDS)[number];

/**
 * A lock's own word on one property under one hazard. `unavailable`: safe, but may refuse service.
 * `not-promised` is information about the algorithm, not a fault of it.
 */
export type Claim = 'holds' | 'not-promised' | 'unavailable' | 'not-applicable';

/** The claims on one property: `otherwise` under every hazard that `except` does not name. */
export interface PropertyClaims {
  readonly otherwise: Claim;
  readonly except?: Readonly<Partial<Record<Hazard, Claim>>>;
}

/** A property that is missing is not applicable under any hazard. */
export type Claims = Readonly<Partial<Record<Property, PropertyClaims>>>;

/** The claim that `claims` makes on `property` under `hazard`. */
export function claimOn(claims: Claims, property: Property, hazard: Hazard): Claim {
  const ofProperty = claims[property];
  return ofProperty?.except?.[hazard] ?? ofProperty?.otherwise ?? 'not-applicable';
}
