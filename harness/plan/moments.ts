/** Moments of a client's cycle at which a fault can be aimed. */

/** `write`: of the resource. */
export const MOMENTS = ['acquire.invoke', 'acquire.ok', 'release.invoke', 'write'] as const;
export type Moment = (typeof MOMENTS)[number];
