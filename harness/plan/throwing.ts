/** Where a client's routine throws: after the grant, in the middle of its work, or when it has just done what it came for. */
export const THROWING = ['never', 'granted', 'working', 'done'] as const;
export type Throwing = (typeof THROWING)[number];
