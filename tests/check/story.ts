/** Small random stories about one lock, as plain data: turned into events for the checkers, and judged by brute force. */
import * as fc from 'fast-check';
import type { HistoryEvent } from '../../harness/history/events.ts';

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

const MAX_TIME = 24;
const time = fc.integer({ min: 0, max: MAX_TIME });
const wait = fc.oneof({ weight: 3, arbitrary: fc.integer({ min: 0, max: 3 }) }, fc.integer({ min: 0, max: 10 }));
const maybe = <T>(arbitrary: fc.Arbitrary<T>, weight = 1): fc.Arbitrary<T | undefined> =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, { weight, arbitrary });

export interface StoryKind {
  readonly fences: boolean;
  readonly modes: boolean;
  readonly deadlines: boolean;
}

interface Draft {
  readonly gap: number;
  readonly called: number;
  readonly granted: number;
  readonly held: number;
  readonly answered: number;
  readonly deadlineIn: number | undefined;
  readonly length: number | undefined;
  readonly acquire: 'ok' | 'info' | 'fail';
  readonly release: 'released' | 'lost' | 'unknown' | 'failed' | 'none';
  readonly shared: boolean;
  readonly owner: string | undefined;
  readonly fence: boolean;
  readonly renewals: readonly { readonly after: number; readonly length: number }[];
  readonly probes: readonly { readonly after: number; readonly held: boolean }[];
  readonly lost: number | undefined;
  readonly killed: number | undefined;
}

function draft(kind: StoryKind): fc.Arbitrary<Draft> {
  return fc.record({
    gap: fc.integer({ min: -2, max: 3 }),
    called: wait,
    granted: wait,
    held: wait,
    answered: wait,
    deadlineIn: kind.deadlines ? maybe(fc.integer({ min: -3, max: 10 }), 4) : fc.constant(undefined),
    length: maybe(fc.nat(10), 6),
    acquire: fc.constantFrom('ok', 'ok', 'ok', 'ok', 'info', 'fail'),
    release: fc.constantFrom('released', 'released', 'released', 'lost', 'unknown', 'failed', 'none'),
    shared: kind.modes ? fc.boolean() : fc.constant(false),
    owner: kind.modes ? maybe(fc.constantFrom('x', 'y')) : fc.constant(undefined),
    fence: fc.integer({ min: 0, max: 5 }).map((n) => n > 0),
    renewals: fc.array(fc.record({ after: wait, length: fc.integer({ min: -1, max: 8 }) }), { maxLength: 2 }),
    probes: fc.array(fc.record({ after: fc.integer({ min: 0, max: 12 }), held: fc.boolean() }), { maxLength: 2 }),
    lost: maybe(fc.integer({ min: 0, max: 8 })),
    killed: maybe(fc.integer({ min: -2, max: 8 })),
  });
}

/** One lease after another, so that many stories are legal or nearly so; each is free to stray from its place. */
function tell(drafts: readonly Draft[], kind: StoryKind, abreast: number): LeaseStory[] {
  const free = Array.from({ length: abreast }, () => 2);
  let fence = 1;
  return drafts.map((one, index): LeaseStory => {
    const lane = index % abreast;
    const granted = Math.max(0, (free[lane] ?? 0) + one.gap);
    const called = Math.max(0, granted - one.called);
    const returned = granted + one.granted;
    const letGo = returned + one.held;
    free[lane] = letGo;
    const ok = one.acquire === 'ok';
    const acquire = {
      called,
      returned,
      outcome: one.acquire,
      fence: ok && kind.fences && one.fence ? fence++ : undefined,
      deadline: ok && one.deadlineIn !== undefined ? Math.max(0, returned + one.deadlineIn) : undefined,
      length: one.length,
    };
    const release =
      one.release === 'none' ? undefined : { called: letGo, returned: letGo + one.answered, outcome: one.release };
    return {
      id: `L${index}`,
      worker: index,
      shared: one.shared,
      owner: one.owner,
      acquire,
      renewals: ok
        ? one.renewals.map(({ after, length }) => ({ at: returned + after, deadline: returned + after + length }))
        : [],
      probes: ok ? one.probes.map(({ after, held }) => ({ at: returned + after, held })) : [],
      lostAt: ok && one.lost !== undefined ? returned + one.lost : undefined,
      // A release may be called after the kill: on behalf of the dead, or between the stamp of the signal and the signal.
      killedAt:
        ['none', 'unknown', 'failed'].includes(one.release) && one.killed !== undefined
          ? Math.max(called, returned + one.killed)
          : undefined,
      release,
    };
  });
}

/** A change to one number of one lease. */
type Mutation = { readonly lease: number; readonly what: number; readonly by: number };

function mutate(leases: LeaseStory[], { lease, what, by }: Mutation): void {
  const index = lease % Math.max(1, leases.length);
  const one = leases[index];
  if (one === undefined) return;
  const { acquire, release } = one;
  const move = (value: number): number => Math.max(0, value + by);
  const called = what === 0 ? Math.min(move(acquire.called), acquire.returned) : acquire.called;
  const returned = what === 1 ? Math.max(called, move(acquire.returned)) : acquire.returned;
  const fence = what === 2 && acquire.fence !== undefined ? move(acquire.fence) : acquire.fence;
  const deadline = what === 3 && acquire.deadline !== undefined ? move(acquire.deadline) : acquire.deadline;
  const releaseCalled = release === undefined ? 0 : what === 4 ? move(release.called) : release.called;
  leases[index] = {
    ...one,
    acquire: { ...acquire, called, returned, fence, deadline },
    ...(release && {
      release: { ...release, called: releaseCalled, returned: Math.max(releaseCalled, release.returned) },
    }),
    ...(one.killedAt !== undefined && { killedAt: Math.max(one.killedAt, called) }),
  };
}

function useStories(
  leases: readonly LeaseStory[],
  steps: readonly { lease: number; fresh: boolean; skip: number }[],
): UseStory[] {
  const uses: UseStory[] = [];
  const reads = new Map<string, number>();
  let value = 0;
  let at = 3;
  for (const step of steps) {
    const lease = leases[step.lease % Math.max(1, leases.length)];
    if (lease === undefined || lease.acquire.outcome !== 'ok') continue;
    const next = at + 1 + step.skip;
    if (!step.fresh && next < lease.acquire.returned) continue;
    at = Math.max(next, lease.acquire.returned);
    const read = reads.get(lease.id);
    if (read === undefined) {
      reads.set(lease.id, value);
      uses.push({ lease: lease.id, kind: 'read', at, from: value, value });
    } else if (read >= 0) {
      reads.set(lease.id, -1);
      value = read + 1;
      uses.push({ lease: lease.id, kind: 'write', at, from: read, value });
    }
  }
  return uses;
}

/** @param abreast so many leases are held side by side, where a lock has but one. */
export function stories(kind: StoryKind, maxLeases = 5, abreast = 1): fc.Arbitrary<Story> {
  return fc
    .record({
      drafts: fc.array(draft(kind), { minLength: 1, maxLength: maxLeases }),
      mutations: fc.array(fc.record({ lease: fc.nat(9), what: fc.nat(4), by: fc.integer({ min: -6, max: 6 }) }), {
        maxLength: 2,
      }),
      standstills: fc.array(
        fc.record({
          worker: fc.nat(maxLeases - 1),
          from: time,
          length: fc.nat(8),
          kind: fc.constantFrom('pause', 'stall'),
        }),
        { maxLength: 2 },
      ),
      uses: fc.array(fc.record({ lease: fc.nat(9), fresh: fc.boolean(), skip: fc.nat(2) }), { maxLength: 10 }),
    })
    .map(({ drafts, mutations, standstills, uses }) => {
      const leases = tell(drafts, kind, abreast);
      for (const mutation of mutations) mutate(leases, mutation);
      return {
        leases,
        standstills: standstills.map(({ length, ...one }) => ({ ...one, to: one.from + length })),
        uses: useStories(leases, uses),
      };
    });
}

/** The events of a story, in the order of its leases. Acquire and release of a lease have processes of their own. */
export function eventsOf({ leases, standstills, uses }: Story): HistoryEvent[] {
  const events: HistoryEvent[] = [];
  for (const [
    index,
    { id, worker, shared, owner, acquire, release, renewals, probes, lostAt, killedAt },
  ] of leases.entries()) {
    const observed = (f: string, value: object, at: number): void => {
      events.push({ type: 'info', process: `worker-${worker}`, f, value: { lease: id, ...value }, time: at });
    };
    const value = { lease: id, ...(shared && { mode: 'shared' }), ...(owner !== undefined && { owner }) };
    const asked = { ...value, ...(acquire.length !== undefined && { leaseMs: acquire.length / 1e6 }) };
    events.push({ type: 'invoke', process: worker, f: 'acquire', value: asked, time: acquire.called });
    if (acquire.outcome !== 'info') {
      const fence = acquire.fence === undefined ? {} : { fence: String(acquire.fence) };
      const deadline = acquire.deadline === undefined ? {} : { deadline: acquire.deadline };
      const answer = { ...value, ...fence, ...deadline };
      events.push({ type: acquire.outcome, process: worker, f: 'acquire', value: answer, time: acquire.returned });
    }
    for (const { at, deadline } of renewals) observed('renew', { deadline }, at);
    for (const { at, held } of probes) observed('held', { held }, at);
    if (lostAt !== undefined) observed('lost', { reason: 'mismatch' }, lostAt);
    if (killedAt !== undefined) nemesis(events, 'client-crash', `k${index}`, 'start', worker, killedAt);
    if (release === undefined) continue;
    const process = worker + 100;
    events.push({ type: 'invoke', process, f: 'release', value: { lease: id }, time: release.called });
    if (release.outcome === 'unknown') continue;
    const type = release.outcome === 'failed' ? 'fail' : 'ok';
    const outcome = release.outcome === 'failed' ? {} : { outcome: release.outcome };
    events.push({ type, process, f: 'release', value: { lease: id, ...outcome }, time: release.returned });
  }
  for (const [index, { worker, from, to, kind }] of standstills.entries()) {
    if (kind === 'stall') {
      events.push({
        type: 'info',
        process: `worker-${worker}`,
        f: 'stall',
        value: { ms: (to - from) / 1e6 },
        time: to,
      });
    } else {
      nemesis(events, 'client-pause', `p${index}`, 'start', worker, from);
      nemesis(events, 'client-pause', `p${index}`, 'end', worker, to);
    }
  }
  for (const { lease, kind, at, from, value } of uses) {
    const seen = kind === 'read' ? { value } : { from, to: value };
    const use = { lease, door: 'plain', ...seen, accepted: true };
    events.push({ type: 'info', process: 'resource', f: kind, value: use, time: at });
  }
  return events;
}

function nemesis(events: HistoryEvent[], f: string, fault: string, phase: string, worker: number, at: number): void {
  events.push({ type: 'info', process: 'nemesis', f, value: { fault, phase, target: { worker } }, time: at });
}

/**
 * Holds in a row, and around them grants that arrived dead, with wide windows; tokens follow the order of time but for
 * a swap or two. What random stories seldom show: instants that must get out of the way of holds and of one another.
 */
export function crowdedStories(modes: boolean): fc.Arbitrary<Story> {
  const lease = fc.record({
    dead: fc.integer({ min: 0, max: 2 }).map((n) => n > 0),
    from: time,
    length: fc.integer({ min: 0, max: 12 }),
    shared: modes ? fc.boolean() : fc.constant(false),
    owner: modes ? maybe(fc.constantFrom('x', 'y')) : fc.constant(undefined),
    fenced: fc.integer({ min: 0, max: 3 }).map((n) => n > 0),
    /** Where in its window its token thinks that it is. */
    rank: fc.double({ min: 0, max: 1, noNaN: true }),
  });
  return fc
    .record({ drafts: fc.array(lease, { minLength: 3, maxLength: 6 }), swap: maybe(fc.tuple(fc.nat(5), fc.nat(5)), 6) })
    .map(({ drafts, swap }) => {
      let free = 0;
      const placed = drafts.map((one) => {
        if (one.dead) return { ...one, to: one.from + one.length };
        const from = free + (one.from % 4);
        free = from + (one.length % 7);
        return { ...one, from, to: free };
      });
      const order = placed.toSorted((a, b) => a.from - b.from + (a.to - a.from) * a.rank - (b.to - b.from) * b.rank);
      const [a, b] = [order[swap?.[0] ?? -1], order[swap?.[1] ?? -1]];
      if (a !== undefined && b !== undefined) {
        const [first, second] = [order.indexOf(a), order.indexOf(b)];
        order[first] = b;
        order[second] = a;
      }
      const leases = placed.map((one, index): LeaseStory => {
        const fence = one.fenced ? order.indexOf(one) + 1 : undefined;
        const returned = one.dead ? one.to : one.from;
        const deadline = one.dead ? Math.max(0, one.from - 1) : undefined;
        return {
          id: `L${index}`,
          worker: index,
          shared: one.shared,
          owner: one.owner,
          acquire: { called: one.from, returned, outcome: 'ok', fence, deadline },
          renewals: [],
          probes: [],
          lostAt: undefined,
          killedAt: undefined,
          release: { called: one.to, returned: one.to, outcome: one.dead ? 'lost' : 'released' },
        };
      });
      return { leases, standstills: [], uses: [] };
    });
}
