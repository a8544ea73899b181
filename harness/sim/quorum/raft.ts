/**
 * One server of a replicated state machine: Raft (Ongaro and Ousterhout 2014), with trial votes, a leader that steps down
 * when it has lost touch with the majority, and reads that the majority confirms (sections 4.2.3, 6.2 and 6.4 of Ongaro's
 * dissertation). Left out: snapshots, changes of membership, and the time that disks take.
 */
import type { Surroundings } from '../node.ts';
import { Log } from './log.ts';
import type { Message, Proposal } from './messages.ts';
import type { Mesh } from './mesh.ts';

export interface RaftTimes {
  readonly heartbeatMs: number;
  /** A follower waits from this to twice this for a word of its leader. */
  readonly electionMs: number;
  /** A leader that has not heard from a majority for so long steps down. Default `electionMs`. */
  readonly leaderLeaseMs?: number;
}

export interface Machine<Command, Result> {
  /** In the order of the log, on every server. */
  apply(command: Command): Result;
  /** What the leader makes of a proposal of a server before it becomes part of the log. Default: the same. */
  prepare?(command: Command, origin: number): Command;
  /** Forgets everything: the log will be applied anew. */
  reset(): void;
}

type Role = 'follower' | 'trying' | 'candidate' | 'leader';

interface Progress {
  next: number;
  match: number;
  /** The last round that it answered, and when. */
  round: number;
  heardAtMs: number;
}

interface Waiter<Result> {
  readonly done: (result: Result) => void;
  readonly lost: (() => void) | undefined;
}

interface Read {
  readonly index: number;
  readonly round: number;
  readonly confirmed: () => void;
}

export class Raft<Command, Result> {
  readonly index: number;
  /** Called whenever another one, or nobody, is known to lead. */
  onLeader: (leader: number | undefined) => void = () => undefined;
  readonly #around: Surroundings;
  readonly #mesh: Mesh;
  readonly #times: RaftTimes;
  readonly #machine: Machine<Command, Result>;
  #peers: readonly Raft<Command, Result>[] = [];
  #term = 1;
  #votedFor: number | undefined;
  #log = new Log<Command>();
  #role: Role = 'follower';
  #leader: number | undefined;
  #commit = 0;
  #applied = 0;
  #votes = new Set<number>();
  #progress = new Map<number, Progress>();
  #round = 0;
  #reads: Read[] = [];
  #electionAtMs = 0;
  #heardAtMs = 0;
  #tickedAtMs = 0;
  #asked = 0;
  #life = 0;
  readonly #proposed = new Map<string, Waiter<Result>>();
  readonly #reading = new Map<string, () => void>();
  readonly #untilApplied: { readonly index: number; readonly act: () => void }[] = [];
  #untilLed: (() => void)[] = [];

  constructor(index: number, around: Surroundings, mesh: Mesh, times: RaftTimes, machine: Machine<Command, Result>) {
    this.index = index;
    this.#around = around;
    this.#mesh = mesh;
    this.#times = times;
    this.#machine = machine;
  }

  /** All begin at once, with one of them leading already. */
  begin(peers: readonly Raft<Command, Result>[], leader: number): void {
    this.#peers = peers;
    if (leader === this.index) {
      this.#votedFor = this.index;
      this.#lead();
    } else this.#follow(1, leader);
    this.#watch();
  }

  get leads(): boolean {
    return this.#role === 'leader';
  }

  get leader(): number | undefined {
    return this.#leader;
  }

  get term(): number {
    return this.#term;
  }

  /** Whether its own clock has ticked of late: one that was stopped has not noticed yet what it has missed. */
  get isActive(): boolean {
    return this.#around.nowMs() - this.#tickedAtMs <= 3 * this.#times.heartbeatMs;
  }

  /**
   * Calls `done` when this server has applied the command; never, if the command is lost, or if this server crashes before.
   * While nobody is known to lead, it waits. Instead, `lost` is called when this server ceases to lead before it knows what
   * becomes of the command.
   */
  propose(command: Command, done: (result: Result) => void, lost?: () => void): void {
    const proposal = { origin: this.index, id: this.#nextId(), command };
    this.#proposed.set(proposal.id, { done, lost });
    this.whenLed((leader) => this.#pass(leader, { type: 'propose', proposal }));
  }

  /** Calls `ready` when this server has applied all that was committed by now; never, if it cannot be confirmed. */
  read(ready: () => void): void {
    const id = this.#nextId();
    this.#reading.set(id, ready);
    this.whenLed((leader) => this.#pass(leader, { type: 'read', from: this.index, id }));
  }

  /** Calls back at once, or when somebody is known to lead. */
  whenLed(act: (leader: number) => void): void {
    if (this.#leader === undefined) this.#untilLed.push(() => this.whenLed(act));
    else act(this.#leader);
  }

  /** What a server that starts again knows of before. */
  crash(keepLog: boolean): void {
    this.#life += 1;
    if (!keepLog) {
      this.#log = new Log();
      this.#term = 0;
      this.#votedFor = undefined;
    }
    this.#role = 'follower';
    this.#leader = undefined;
    this.#commit = 0;
    this.#applied = 0;
    this.#reads = [];
    this.#untilLed = [];
    this.#untilApplied.length = 0;
    for (const waiting of [this.#proposed, this.#reading, this.#progress]) waiting.clear();
    this.#machine.reset();
    this.onLeader(undefined);
    if (this.#majority === 1) this.#stand();
    this.#heardAtMs = -Infinity;
    this.#awaitElection();
    this.#watch();
  }

  receive(message: Message<Command>): void {
    if ('term' in message && message.term > this.#term && !isTrial(message)) {
      this.#follow(message.term, message.type === 'append' ? message.from : undefined);
    }
    switch (message.type) {
      case 'append':
        return this.#onAppend(message);
      case 'appended':
        return this.#onAppended(message);
      case 'vote':
        return this.#onVote(message);
      case 'voted':
        return this.#onVoted(message);
      case 'propose':
        // Of one who took it for the leader: it has stepped down meanwhile, and the proposal is lost.
        if (this.#role === 'leader') this.#append(this.#prepared(message.proposal));
        return;
      case 'read':
        return this.#onRead(message);
      case 'readable':
        return this.#whenApplied(message.index, () => this.#settle(this.#reading, message.id)?.());
    }
  }

  get #majority(): number {
    return Math.floor(this.#peers.length / 2) + 1;
  }

  #nextId(): string {
    return `${this.index}.${this.#life}.${++this.#asked}`;
  }

  #settle<T>(waiting: Map<string, T>, id: string): T | undefined {
    const found = waiting.get(id);
    waiting.delete(id);
    return found;
  }

  #pass(leader: number, message: Message<Command>): void {
    if (leader === this.index) this.receive(message);
    else this.#send(leader, message);
  }

  #send(to: number, message: Message<Command>): void {
    this.#mesh.send(this.index, to, () => this.#peers[to]?.receive(message));
  }

  #toOthers(make: (peer: number) => Message<Command>): void {
    for (const { index } of this.#peers) if (index !== this.index) this.#send(index, make(index));
  }

  /** Its own clock: heartbeats of a leader, elections of the others. */
  #watch(): void {
    this.#tickedAtMs = this.#around.nowMs();
    const restMs = this.#role === 'leader' ? this.#times.heartbeatMs : this.#electionAtMs - this.#tickedAtMs;
    this.#around.after(Math.max(1, Math.min(restMs, this.#times.heartbeatMs)), () => {
      const now = this.#around.nowMs();
      if (this.#role === 'leader') this.#lead(now);
      else if (now >= this.#electionAtMs) this.#stand();
      this.#watch();
    });
  }

  #awaitElection(): void {
    const { electionMs } = this.#times;
    this.#electionAtMs = this.#around.nowMs() + electionMs + this.#around.random.whole(0, electionMs);
  }

  #follow(term: number, leader: number | undefined): void {
    if (term > this.#term) this.#votedFor = undefined;
    this.#term = term;
    if (this.#role === 'leader') this.#loseProposals();
    this.#role = 'follower';
    this.#reads = [];
    this.#awaitElection();
    this.#knowLeader(leader);
  }

  #loseProposals(): void {
    for (const [id, { lost }] of this.#proposed) {
      if (lost === undefined) continue;
      this.#proposed.delete(id);
      lost();
    }
  }

  #knowLeader(leader: number | undefined): void {
    if (this.#leader === leader) return;
    this.#leader = leader;
    this.onLeader(leader);
    if (leader === undefined) return;
    const waiting = this.#untilLed;
    this.#untilLed = [];
    for (const act of waiting) act();
  }

  /** Asks first whether it would be elected: a server that was cut off disturbs nobody when it comes back. */
  #stand(): void {
    this.#knowLeader(undefined);
    this.#role = 'trying';
    this.#votes = new Set([this.index]);
    this.#awaitElection();
    this.#askForVotes(true);
  }

  #askForVotes(trial: boolean): void {
    if (this.#votes.size >= this.#majority) return this.#elected();
    const { last } = this.#log;
    const term = trial ? this.#term + 1 : this.#term;
    this.#toOthers(() => ({ type: 'vote', term, from: this.index, last, trial }));
  }

  #elected(): void {
    if (this.#role === 'trying') {
      this.#role = 'candidate';
      this.#term += 1;
      this.#votedFor = this.index;
      this.#votes = new Set([this.index]);
      this.#awaitElection();
      return this.#askForVotes(false);
    }
    this.#lead();
  }

  #onVote({ term, from, last, trial }: Message<Command> & { type: 'vote' }): void {
    const heardOfLate = this.#around.nowMs() - this.#heardAtMs < this.#times.electionMs;
    const hasLeader = this.#role === 'leader' || (this.#leader !== undefined && heardOfLate);
    const free = trial ? !hasLeader : this.#votedFor === undefined || this.#votedFor === from;
    const granted = term >= this.#term && free && this.#log.isCoveredBy(last);
    if (granted && !trial) {
      this.#votedFor = from;
      this.#awaitElection();
    }
    this.#send(from, { type: 'voted', term: granted && trial ? term : this.#term, from: this.index, granted, trial });
  }

  #onVoted({ term, from, granted, trial }: Message<Command> & { type: 'voted' }): void {
    const expected = trial ? this.#role === 'trying' && term === this.#term + 1 : this.#role === 'candidate';
    if (!granted || !expected || (!trial && term !== this.#term)) return;
    this.#votes.add(from);
    if (this.#votes.size >= this.#majority) this.#elected();
  }

  /** Begins to lead, or goes on: a round of messages to all. */
  #lead(now = this.#around.nowMs()): void {
    if (this.#role !== 'leader') {
      this.#role = 'leader';
      this.#reads = [];
      const next = this.#log.length + 1;
      for (const { index } of this.#peers) this.#progress.set(index, { next, match: 0, round: 0, heardAtMs: now });
      this.#knowLeader(this.index);
      return this.#append(undefined);
    }
    const { electionMs, leaderLeaseMs: leaseMs = electionMs } = this.#times;
    const touched = [...this.#progress].filter(
      ([peer, { heardAtMs }]) => peer === this.index || now - heardAtMs < leaseMs,
    );
    if (touched.length < this.#majority) return this.#follow(this.#term, undefined);
    this.#tell();
  }

  #append(proposal: Proposal<Command> | undefined): void {
    this.#log.push({ term: this.#term, proposal });
    this.#tell();
    this.#advance();
  }

  #prepared(proposal: Proposal<Command>): Proposal<Command> {
    const { command, origin } = proposal;
    return { ...proposal, command: this.#machine.prepare?.(command, origin) ?? command };
  }

  /** @returns the number of the round */
  #tell(): number {
    const round = ++this.#round;
    this.#toOthers((peer) => this.#news(peer, round));
    return round;
  }

  #news(peer: number, round: number): Message<Command> {
    const next = this.#progress.get(peer)?.next ?? 1;
    return {
      ...{ type: 'append', term: this.#term, from: this.index, round, commit: this.#commit },
      previous: this.#log.at(next - 1),
      entries: this.#log.from(next),
    };
  }

  #onAppend({ term, from, previous, entries, commit, round }: Message<Command> & { type: 'append' }): void {
    const answer = (match: number | undefined): void =>
      this.#send(from, {
        type: 'appended',
        term: this.#term,
        from: this.index,
        round,
        match,
        length: this.#log.length,
      });
    if (term < this.#term) return answer(undefined);
    if (this.#role !== 'follower') this.#role = 'follower';
    this.#heardAtMs = this.#around.nowMs();
    this.#awaitElection();
    if (!this.#log.has(previous)) answer(undefined);
    else {
      const match = this.#log.merge(previous.index, entries);
      answer(match);
      this.#commitUpTo(Math.min(commit, match));
    }
    this.#knowLeader(from);
  }

  #onAppended({ term, from, round, match, length }: Message<Command> & { type: 'appended' }): void {
    const progress = this.#progress.get(from);
    if (this.#role !== 'leader' || term !== this.#term || progress === undefined) return;
    progress.heardAtMs = this.#around.nowMs();
    progress.round = Math.max(progress.round, round);
    if (match === undefined) {
      progress.next = Math.max(1, Math.min(progress.next - 1, length + 1));
      this.#send(from, this.#news(from, this.#round));
    } else {
      progress.match = Math.max(progress.match, match);
      progress.next = Math.max(progress.next, progress.match + 1);
      this.#advance();
    }
    this.#confirmReads();
  }

  /** Commits what a majority has. Of earlier terms only together with something of its own. */
  #advance(): void {
    const matches = [...this.#progress]
      .map(([peer, { match }]) => (peer === this.index ? this.#log.length : match))
      .toSorted((a, b) => b - a);
    const index = matches[this.#majority - 1] ?? 0;
    if (index <= this.#commit || this.#log.at(index).term !== this.#term) return;
    this.#commitUpTo(index);
    // Followers should not have to wait for the next heartbeat.
    this.#tell();
    this.#confirmReads();
  }

  #commitUpTo(index: number): void {
    if (index <= this.#commit) return;
    this.#commit = index;
    while (this.#applied < this.#commit) {
      this.#applied += 1;
      const proposal = this.#log.entry(this.#applied)?.proposal;
      if (proposal === undefined) continue;
      const result = this.#machine.apply(proposal.command);
      if (proposal.origin === this.index) this.#settle(this.#proposed, proposal.id)?.done(result);
    }
    const ready = this.#untilApplied.filter((one) => one.index <= this.#applied);
    for (const one of ready) this.#untilApplied.splice(this.#untilApplied.indexOf(one), 1);
    for (const { act } of ready) act();
  }

  #whenApplied(index: number, act: () => void): void {
    if (index <= this.#applied) act();
    else this.#untilApplied.push({ index, act });
  }

  /** A leader that has committed nothing yet does not know what was committed before. */
  #onRead({ from, id }: Message<Command> & { type: 'read' }): void {
    if (this.#role !== 'leader') return;
    const confirmed = (): void => this.#pass(from, { type: 'readable', id, index });
    const index = Math.max(this.#commit, this.#log.firstOf(this.#term));
    this.#reads.push({ index, round: this.#tell(), confirmed });
    this.#confirmReads();
  }

  #confirmReads(): void {
    const isConfirmed = ({ index, round }: Read): boolean =>
      index <= this.#commit &&
      [...this.#progress].filter(([peer, one]) => peer === this.index || one.round >= round).length >= this.#majority;
    const confirmed = this.#reads.filter(isConfirmed);
    if (confirmed.length === 0) return;
    this.#reads = this.#reads.filter((read) => !confirmed.includes(read));
    for (const read of confirmed) read.confirmed();
  }
}

/** Neither question nor consent of a trial is about a term that has begun. */
function isTrial(message: Message<unknown>): boolean {
  return (message.type === 'vote' && message.trial) || (message.type === 'voted' && message.trial && message.granted);
}
