/** What happens to one lock, as plain data: drawn at random, turned into events for the checkers. */

export interface LeaseStory {
  readonly id: string;
  readonly worker: number;
  readonly shared: boolean;
  readonly owner: string | undefined;
  readonly acquire: {
    readonly called: number;
    readonly returned: number;
    readonly outcome: 'ok' | 'info' | 'fail';
    readonly fence: number | undefined;
    readonly deadline: number | undefined;
    /** Stated length. */
    readonly length?: number | undefined;
  };
  readonly renewals: readonly { readonly at: number; readonly deadline: number }[];
  readonly probes: readonly { readonly at: number; readonly held: boolean }[];
  readonly lostAt: number | undefined;
  readonly killedAt: number | undefined;
  readonly release:
    | {
        readonly called: number;
        readonly returned: number;
        readonly outcome: 'released' | 'lost' | 'unknown' | 'failed';
      }
    | undefined;
}

export interface UseStory {
  readonly lease: string;
  readonly kind: 'read' | 'write';
  readonly at: number;
  readonly from: number;
  readonly value: number;
}

export interface Story {
  readonly leases: readonly LeaseStory[];
  /** Pauses and stalls. */
  readonly standstills: readonly {
    readonly worker: number;
    readonly from: number;
    readonly to: number;
    readonly kind: 'pause' | 'stall';
  }[];
  /** Of the plain door, each at a moment of its own. */
  readonly uses: readonly UseStory[];
}
