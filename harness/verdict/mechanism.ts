/**
 * How a finding came about, as far as the history shows it: which late release freed whose lock, from when a deadline
 * counts, what a server forgot, who left without releasing. One sentence of facts; of the code nothing is guessed.
 */
import { faultWindows, type PhaseEvent } from '../check/faults.ts';
import type { Finding } from '../check/verdict.ts';
import { findHazard } from '../faults/hazards/table.ts';
import type { ClocksValue, HistoryEvent, NemesisValue } from '../history/events.ts';
import type { Plan } from '../plan/plan.ts';
import { livesOf, type LeaseLife } from './lease-lives.ts';
import { inMs, targetName, workerName } from './timeline.ts';

export interface Mechanism {
  /** Nanoseconds: of the event that it tells, in other words. */
  readonly time: number;
  readonly text: string;
}

/** Within such a time a request may still arrive whose caller has given up. */
const LINGERS_NS = 3e9;

interface Strike {
  readonly time: number;
  readonly until: number;
  readonly hazard: string;
  readonly target: NemesisValue['target'];
}

interface Scene {
  readonly key: string;
  readonly at: number;
  readonly lives: readonly LeaseLife[];
  readonly strikes: readonly Strike[];
  /** By which part clocks run fast or slow, at most. */
  readonly skew: number;
}

/** A lease that was granted. */
type Granted = LeaseLife & { readonly granted: number };
type Released = LeaseLife & { readonly releaseCalled: number };

/** @returns nothing where the history does not show more than the finding says itself */
export function mechanismOf(plan: Plan, events: readonly HistoryEvent[], finding: Finding): Mechanism | undefined {
  const lives = livesOf(plan, events, finding.key);
  const { key, at } = finding;
  const scene: Scene = { key, at, lives: [...lives.values()], strikes: strikesIn(events), skew: skewIn(events) };
  const involved = finding.leases.flatMap((lease) => lives.get(lease) ?? []);
  if (finding.property === 'deadlock-freedom') return standstill(scene, involved);
  const [first, second] = involved.filter(isGranted).toSorted((a, b) => a.granted - b.granted);
  if (first === undefined || second === undefined) return undefined;
  if (finding.property === 'fencing') return tokensOutOfOrder(scene, first, second);
  if (finding.property === 'exclusion' || finding.property === 'no-lost-update' || finding.property === 'invariant')
    return letIn(scene, first, second);
  return undefined;
}

/** Why `second` was let in beside `first`: the first of these that applies. */
function letIn(scene: Scene, first: Granted, second: Granted): Mechanism {
  return (
    freedBySelf(first, second) ??
    freedByAnother(scene, first, second, true) ??
    arrivedDead(second) ??
    countedFromAnswer(scene, first, second) ??
    byUnequalClocks(scene, first, second) ??
    forgotten(scene, first, second) ??
    outlived(first, second) ??
    freedByAnother(scene, first, second, false) ??
    withoutRelease(scene, first, second)
  );
}

/** The first did not notice that it had been succeeded, and its release was taken for that of the second. */
function freedBySelf(first: Granted, second: Granted): Mechanism | undefined {
  const { releaseCalled: time, outcome = 'unknown', deadline = Infinity } = first;
  if (time === undefined || outcome !== 'released' || deadline > second.granted || time < second.granted)
    return undefined;
  const late = `the release of ${named(first)}, called at ${inMs(time)}${lateness({ ...first, releaseCalled: time })}`;
  return { time, text: `${late}, was answered "${outcome}": what it freed was the lock of ${second.lease}` };
}

/** A release of a third lease that took effect after the first grant, and no hand-over to it; or may have. */
function freedByAnother({ lives }: Scene, first: Granted, second: Granted, surely: boolean): Mechanism | undefined {
  const released = lives
    .filter(isReleased)
    .filter((life) => life !== first && life !== second && life.granted !== undefined && life.outcome !== 'lost')
    .filter((life) => life.releaseCalled <= second.granted && surely === cameAfter(life, first))
    .filter((life) => surely || mayHaveComeAfter(life, first));
  const freeing = latest(released, ({ releaseCalled }) => releaseCalled);
  if (freeing === undefined) return undefined;
  const { releaseCalled: time, releaseAnswered = time, outcome = 'unknown' } = freeing;
  const answer =
    outcome === 'unknown' ? 'was not answered for certain' : `was answered "${outcome}" at ${inMs(releaseAnswered)}`;
  const call = `the release of ${named(freeing)}, called at ${inMs(time)}${lateness(freeing)}, ${answer}`;
  return { time, text: `${call}: it ${surely ? 'freed' : 'may have freed'} the lock of ${first.lease}` };
}

const cameAfter = ({ releaseCalled, outcome = 'unknown' }: Released, { granted }: Granted): boolean =>
  outcome !== 'unknown' && releaseCalled > granted;

/** Its request may have been late on its way, beyond its own deadline. */
function mayHaveComeAfter({ releaseCalled, releaseAnswered, outcome, deadline }: Released, first: Granted): boolean {
  if (deadline === undefined || deadline > first.granted) return false;
  if (outcome === undefined || outcome === 'unknown') return releaseCalled > first.granted - LINGERS_NS;
  return (releaseAnswered ?? Infinity) >= first.granted;
}

/** How a release stands to the end of its own lease. */
function lateness({ releaseCalled, releaseAnswered, deadline }: Released): string {
  if (deadline === undefined) return '';
  if (deadline < releaseCalled && releaseCalled < deadline + 1e6) return ', just after its own deadline';
  if (deadline < releaseCalled) return `, ${inMs(releaseCalled - deadline)} after its own deadline`;
  return deadline < (releaseAnswered ?? Infinity) ? ` and carried out after its deadline ${inMs(deadline)}` : '';
}

function arrivedDead(second: Granted): Mechanism | undefined {
  const { deadline = Infinity, granted } = second;
  if (deadline >= granted) return undefined;
  return {
    time: granted,
    text: `${named(second)} had already expired when it was granted, ${inMs(granted - deadline)} after its deadline`,
  };
}

/** A deadline later than one length after the request is not what the server keeps, unless the lock was waited for. */
function countedFromAnswer({ lives, skew }: Scene, first: Granted, second: Granted): Mechanism | undefined {
  const { asked, granted, length, firstDeadline, renewed } = first;
  if (lives.some((life) => life !== first && isGranted(life) && life.granted < granted && endOfHold(life) > asked))
    return undefined;
  if (length === undefined || firstDeadline === undefined || renewed !== undefined) return undefined;
  const surely = asked + length;
  if (firstDeadline < surely + length * 2 * skew + 1e6 || second.granted < surely) return undefined;
  const counted = `its deadline ${inMs(firstDeadline)} counts from the answer at ${inMs(granted)}`;
  const text = `${named(first)} was asked for at ${inMs(asked)} for ${inMs(length)}, but ${counted}: the server may have ended it from ${inMs(surely)} on`;
  return { time: surely, text };
}

/** The first kept its time by its own clock, and so did the server. */
function byUnequalClocks({ skew }: Scene, first: Granted, second: Granted): Mechanism | undefined {
  const { asked, length, firstDeadline, renewed } = first;
  if (skew === 0 || length === undefined || firstDeadline === undefined || renewed !== undefined) return undefined;
  const room = length * 2 * skew;
  if (second.granted > firstDeadline || second.granted < asked + length - room) return undefined;
  const counted = `${named(first)}, asked for at ${inMs(asked)} for ${inMs(length)}, ends at ${inMs(firstDeadline)} by its worker's clock`;
  const text = `${counted}: by the server's, which may run ${percent(2 * skew)} % faster, it may have ended from ${inMs(asked + length - room)} on`;
  return { time: asked + length - room, text };
}

/** What struck meanwhile and can take a lock away, or give it to somebody else, by itself. */
function forgotten({ strikes }: Scene, first: Granted, second: Granted): Mechanism | undefined {
  const strike = strikes.findLast(({ time, until, hazard, target }) => {
    const { takesLocks, movesClockOf } = findHazard(hazard) ?? {};
    if (takesLocks === undefined || time > second.granted) return false;
    if (movesClockOf === undefined) return time >= first.asked;
    return until >= first.asked && [undefined, first.worker, second.worker].includes(target.worker);
  });
  if (strike === undefined) return undefined;
  const { time, hazard, target } = strike;
  const taken = `${hazard} begins on ${targetName(target)}: ${findHazard(hazard)?.takesLocks}`;
  return { time, text: taken };
}

/** The second was granted after the time that the first was given at first. */
function outlived(first: Granted, second: Granted): Mechanism | undefined {
  const { renewed, firstDeadline = Infinity, deadline = firstDeadline } = first;
  if (second.granted < firstDeadline) return undefined;
  const over = `the first deadline of ${named(first)}, ${inMs(firstDeadline)}, had passed when ${second.lease} was granted`;
  if (renewed === undefined) return { time: firstDeadline, text: `${over}, and the lock had told nobody of a renewal` };
  return {
    time: renewed,
    text: `${over}; its last renewal was told at ${inMs(renewed)}, with the deadline ${inMs(deadline)}`,
  };
}

function withoutRelease({ lives }: Scene, first: Granted, second: Granted): Mechanism {
  const between = lives.filter(({ refused: at = -1 }) => at > first.asked && at < second.granted);
  const refused = latest(between, ({ refused: at = 0 }) => at);
  const nothing = `there was no release between the grants of ${first.lease} and ${second.lease}`;
  if (refused === undefined) return { time: second.granted, text: `${nothing}: the lock let both in` };
  const last = `the last that happened to it was that the attempt of ${named(refused)} ended without a grant`;
  return { time: refused.refused ?? second.granted, text: `${nothing}; ${last}` };
}

function tokensOutOfOrder(scene: Scene, first: Granted, second: Granted): Mechanism | undefined {
  if (second.asked >= first.granted) return forgotten(scene, first, second);
  const both = `${named(first)} and ${named(second)} were both asked for before either was granted`;
  return {
    time: first.granted,
    text: `${both}: their tokens were not drawn in the order in which the lock was granted`,
  };
}

/** What became of whoever had the lock last, or stood before those who wait. */
function standstill({ lives, strikes, at }: Scene, waiting: readonly LeaseLife[]): Mechanism | undefined {
  const killed = ({ worker, asked }: LeaseLife): Strike | undefined =>
    strikes.find(
      ({ time, hazard, target }) =>
        target.worker === worker && time >= asked && findHazard(hazard)?.killsWorkers === true,
    );
  const granted = lives.filter(isGranted).filter((life) => life.granted < at);
  const last = latest(granted, (life) => life.granted);
  const since = Math.min(...waiting.map(({ asked }) => asked));
  const before = lives.findLast(
    (life) => life.granted === undefined && life.asked < since && killed(life) !== undefined && !waiting.includes(life),
  );
  const strike = last === undefined ? undefined : killed(last);
  const { releaseCalled = Infinity } = last ?? {};
  if (last !== undefined && strike !== undefined && strike.time < releaseCalled) {
    const until = last.deadline === undefined ? 'it has no deadline' : `its deadline was ${inMs(last.deadline)}`;
    return {
      time: strike.time,
      text: `${workerName(last.worker)} is killed while it holds ${last.lease}, the last lease that was granted; ${until}`,
    };
  }
  const gone = before === undefined ? undefined : killed(before);
  if (before !== undefined && gone !== undefined)
    return {
      time: gone.time,
      text: `${workerName(before.worker)} is killed while it waits; it had asked (${before.lease}) before those who wait in vain`,
    };
  if (last === undefined) return undefined;
  const end = releaseCalled === Infinity ? last.granted : releaseCalled;
  return { time: end, text: `${endOf(last)}${gaveUp(lives, end)}` };
}

/** How the last lease that was granted ended. */
function endOf(last: Granted): string {
  const { releaseCalled, releaseAnswered, outcome, deadline } = last;
  const who = `${named(last)}, the last that was granted,`;
  if (releaseCalled === undefined)
    return `${who} is not released${deadline === undefined ? '' : `; its deadline was ${inMs(deadline)}`}`;
  if (releaseAnswered === undefined) return `${who} is released, without an answer`;
  return `${who} is released; the answer is "${outcome ?? 'released'}"`;
}

/** Who asked, and was told that there is no grant, at the time from which on nobody was granted it. */
function gaveUp(lives: readonly LeaseLife[], since: number): string {
  const after = lives.filter(({ granted, refused = -1 }) => granted === undefined && refused > since);
  const first = (after.some(({ doubtful }) => doubtful) ? after.filter(({ doubtful }) => doubtful) : after)
    .filter(({ asked }) => asked < since + LINGERS_NS)
    .toSorted((a, b) => (a.refused ?? 0) - (b.refused ?? 0))[0];
  if (first === undefined) return '';
  const how = first.doubtful ? 'by an error that leaves open whether it was granted' : 'without a grant';
  return `; then the attempt of ${named(first)} ends ${how}, at ${inMs(first.refused ?? 0)}`;
}

function strikesIn(events: readonly HistoryEvent[]): Strike[] {
  const phases = events.flatMap(({ process, f, value, time: at = 0 }, ref): PhaseEvent[] => {
    if (process !== 'nemesis') return [];
    const { fault, phase, target } = value as NemesisValue;
    return [{ fault, f, phase, worker: target.worker, node: target.node, at, ref }];
  });
  return faultWindows(phases).map(({ f, worker, node, from, to }) => {
    return { time: from, until: to, hazard: f, target: { worker, node } };
  });
}

/** Of those that compare alike, the last. */
const latest = <Life>(lives: readonly Life[], when: (life: Life) => number): Life | undefined =>
  lives.toSorted((a, b) => when(a) - when(b)).at(-1);

const skewIn = (events: readonly HistoryEvent[]): number =>
  events.reduce((most, { f, value }) => (f === 'clocks' ? Math.max(most, (value as ClocksValue).skew) : most), 0);
const endOfHold = ({ releaseAnswered, lost, deadline }: LeaseLife): number =>
  Math.min(releaseAnswered ?? Infinity, lost ?? Infinity, deadline ?? Infinity);
const isGranted = (life: LeaseLife): life is Granted => life.granted !== undefined;
const isReleased = (life: LeaseLife): life is Released => life.releaseCalled !== undefined;
const named = ({ worker, lease }: LeaseLife): string => `${workerName(worker)}'s lease ${lease}`;
const percent = (share: number): number => Number((share * 100).toPrecision(3));
