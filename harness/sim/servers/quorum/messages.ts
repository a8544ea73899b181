/** What the servers of an ensemble say to each other: the messages of Raft, and what followers pass on to their leader. */

/** Of the log; its number is its place, from 1. A new leader begins with an entry without a proposal. */
export interface Entry<Command> {
  readonly term: number;
  readonly proposal: Proposal<Command> | undefined;
}

export interface Proposal<Command> {
  /** The node that was asked, which waits for it to be applied. */
  readonly origin: number;
  /** Among those of this node, in this life of it. */
  readonly id: string;
  readonly command: Command;
}

export type Message<Command> =
  | {
      readonly type: 'append';
      readonly term: number;
      readonly from: number;
      readonly previous: { readonly index: number; readonly term: number };
      readonly entries: readonly Entry<Command>[];
      readonly commit: number;
      /** Number of the leader's round of messages, which the answer repeats. */
      readonly round: number;
    }
  | {
      readonly type: 'appended';
      readonly term: number;
      readonly from: number;
      readonly round: number;
      /** Up to where the logs agree; `undefined`: not even at `previous`. */
      readonly match: number | undefined;
      /** How long the follower's log is. */
      readonly length: number;
    }
  | {
      readonly type: 'vote';
      readonly term: number;
      readonly from: number;
      readonly last: { readonly index: number; readonly term: number };
      /** Asks only whether it would be given. */
      readonly trial: boolean;
    }
  | {
      readonly type: 'voted';
      readonly term: number;
      readonly from: number;
      readonly granted: boolean;
      readonly trial: boolean;
    }
  | { readonly type: 'propose'; readonly proposal: Proposal<Command> }
  | { readonly type: 'read'; readonly from: number; readonly id: string }
  | { readonly type: 'readable'; readonly id: string; readonly index: number };

/** Neither question nor consent of a trial is about a term that has begun. */
export function isTrial(message: Message<unknown>): boolean {
  return (message.type === 'vote' && message.trial) || (message.type === 'voted' && message.trial && message.granted);
}
