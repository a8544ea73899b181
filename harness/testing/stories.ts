/** Small random stories about one lock: leases that mostly follow one another, and a change or two to spoil that. */
import * as fc from 'fast-check';
import type { LeaseStory, Story, UseStory } from './story.ts';

/** Stories are about few nanoseconds, so that much coincides. */
const MAX_TIME = 24;
export const time = fc.integer({ min: 0, max: MAX_TIME });
const wait = fc.oneof({ weight: 3, arbitrary: fc.integer({ min: 0, max: 3 }) }, fc.integer({ min: 0, max: 10 }));
export const maybe = <T>(arbitrary: fc.Arbitrary<T>, weight = 1): fc.Arbitrary<T | undefined> =>
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

/** @param abreast so many leases are held side by side, where a lock has but one */
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
