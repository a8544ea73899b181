/** Messages between the program and a thread that simulates. Both ends are ours: they are trusted. */
import type { LockModule } from 'holdfast-locks';
import type { HistoryHeader } from '../../history/events.ts';
import type { SearchSpace } from '../../plan/search-space.ts';
import type { Obstacle } from '../../plan/errors.ts';
import type { Plan } from '../../plan/plan.ts';
import type { Judgement } from '../../verdict/judge.ts';

/** A thread serves several runs in turns: each has its own number, lock and scenario. */
export type ToThread =
  | { readonly type: 'load'; readonly run: number; readonly module: string; readonly scenario: string }
  | { readonly type: 'forget'; readonly run: number }
  | (Work & { readonly run: number });

export type Work =
  /** Runs these, every message taking `linkUs` microseconds, or what is drawn. `whole`: sends all that happened in each, else only where something new was shown. */
  | { readonly type: 'plans'; readonly plans: readonly Plan[]; readonly whole: boolean; readonly linkUs?: number }
  /** Runs this one, and tells when something happened in it. */
  | { readonly type: 'trace'; readonly plan: Plan }
  /** Makes and runs the plans with these numbers of a search. */
  | { readonly type: 'search'; readonly space: SearchSpace; readonly from: number; readonly count: number };

export interface Simulated {
  /** Without events and with its plan alone, where it shows nothing that was not shown before. */
  readonly judgement: Judgement;
  readonly header: HistoryHeader;
  /** Whether the judgement has its events. */
  readonly whole: boolean;
  readonly elapsedMs: number;
  /** What clients sent to servers. */
  readonly messages: number;
  /** Where faults struck: see `Strikes`. */
  readonly struck: readonly string[];
}

/** What a lock module says of itself. Only the threads load it: their caller may live where it cannot be loaded. */
export type LockFacts = Pick<
  LockModule,
  | 'name'
  | 'backend'
  | 'topologies'
  | 'claims'
  | 'recoverMs'
  | 'handoverMs'
  | 'settleMs'
  | 'leastLeaseMs'
  | 'turns'
  | 'load'
>;

export type FromThread =
  | { readonly type: 'loaded'; readonly lock: LockFacts }
  | { readonly type: 'done'; readonly results: readonly Simulated[] }
  | { readonly type: 'traced'; readonly moments: readonly number[] }
  | { readonly type: 'failed'; readonly failure: Failure };

/** Why there are no results. */
export type Failure =
  /** A run of this plan came to no end. */
  | { readonly kind: 'unfinished'; readonly message: string; readonly plan: Plan }
  | { readonly kind: 'not simulable'; readonly obstacle: Obstacle }
  | { readonly kind: 'usage' | 'harness'; readonly message: string };
