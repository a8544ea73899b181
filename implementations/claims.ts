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
  'invariant',
  'responsiveness',
  'composure',
] as const;
export type Property = (typeof PROPERTIES)[number];

/** Classes of faults; `harness/faults/hazards/` has a file for each but `none`. */
const NAMES = [
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
  'full-disk',
  'read-only-disk',
  'slow-disk',
  'stale-mtime',
] as const;

/**
 * Name of a hazard. Names are data, of claims tables and of files: whether one exists is asked where it comes in, so that
 * a hazard can be added or taken away without touching what does not concern it. The union is for editors.
 */
export type Hazard = (typeof NAMES)[number] | (string & {});
export const HAZARDS: readonly Hazard[] = NAMES;

/**
 * A lock's own word on one property under one hazard. `unavailable`: safe, but may refuse service.
 * `not-promised` is information about the algorithm, not a fault of it.
 */
export type Claim = 'holds' | 'not-promised' | 'unavailable' | 'not-applicable';

/** A violation under it is a failure of the lock. `unavailable` promises safety, and only that. */
export function isPromise(claim: Claim | undefined): claim is 'holds' | 'unavailable' {
  return claim === 'holds' || claim === 'unavailable';
}

/** The claims on one property: `otherwise` under every hazard that `except` does not name. */
export interface PropertyClaims {
  readonly otherwise: Claim;
  readonly except?: Readonly<Partial<Record<Hazard, Claim>>>;
  /** Under several hazards at once, where that is less than under each of them. */
  readonly together?: readonly { readonly hazards: readonly Hazard[]; readonly claim: Claim }[];
}

/** A property that is missing is not applicable under any hazard. */
export type Claims = Readonly<Partial<Record<Property, PropertyClaims>>>;

/** What every lock is taken to promise that does not speak of it: a library states no bounds for what everybody expects. */
const UNLESS_STATED: Claims = {
  responsiveness: { otherwise: 'not-applicable', except: { none: 'holds' } },
  composure: { otherwise: 'holds' },
};

/** The claim that `claims` makes on `property` under `hazard`. */
export function claimOn(claims: Claims, property: Property, hazard: Hazard): Claim {
  if (claims[property] !== undefined) return statedOn(claims, property, hazard) ?? 'not-applicable';
  const expected = statedOn(UNLESS_STATED, property, hazard);
  return expected !== undefined && promisesUnder(claims, hazard) ? expected : 'not-applicable';
}

const statedOn = (claims: Claims, property: Property, hazard: Hazard): Claim | undefined =>
  claims[property]?.except?.[hazard] ?? claims[property]?.otherwise;

/** Whoever promises nothing under a hazard is not held to anything there. */
const promisesUnder = (claims: Claims, hazard: Hazard): boolean =>
  (Object.keys(claims) as Property[]).some((property) => isPromise(statedOn(claims, property, hazard)));

/** What is claimed under several hazards at once: no more than under each, and no more than is said of some of them together. */
export function claimUnder(claims: Claims, property: Property, hazards: readonly Hazard[]): Claim {
  const together = claims[property]?.together ?? [];
  const all = [
    ...hazards.map((hazard) => claimOn(claims, property, hazard)),
    ...together.filter((one) => one.hazards.every((hazard) => hazards.includes(hazard))).map(({ claim }) => claim),
  ];
  const weakest = (['not-applicable', 'not-promised', 'unavailable'] as const).find((claim) => all.includes(claim));
  return weakest ?? 'holds';
}
