/** What an operator is shown. */
import type { HolderSight } from 'holdfast-locks/internal/operators/operator';

/** What an operator is told of a holder: all but the way to end it. */
export type HolderView = Omit<HolderSight, 'force' | 'fencingToken'> & { readonly fencingToken?: string };
export interface KeyView {
  readonly key: string;
  readonly lock: string;
  readonly holders: readonly HolderView[];
  readonly waiting?: number;
}
