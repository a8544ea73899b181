/** What the nodes of a cluster say to each other. */

/** Who says it, and what it claims to serve; a replica claims for its primary. */
export interface Header {
  readonly from: number;
  readonly epoch: number;
  readonly configEpoch: number;
  readonly primary: number | undefined;
  readonly shards: readonly number[];
  readonly offset: number;
}

export type Content =
  | { readonly f: 'ping' | 'pong'; readonly failing: readonly number[] }
  /** A majority has found that a node has failed. */
  | { readonly f: 'fail'; readonly node: number }
  | { readonly f: 'publish'; readonly channel: string; readonly message: string }
  /** What the receiver claims is another's by now. */
  | { readonly f: 'update'; readonly owner: number; readonly configEpoch: number; readonly shards: readonly number[] }
  /** A replica wants to take its primary's place. */
  | { readonly f: 'request' }
  | { readonly f: 'vote' };

export type Message = Header & Content;
