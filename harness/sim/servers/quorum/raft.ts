/**
 * One server of a replicated state machine: Raft (Ongaro and Ousterhout 2014), with trial votes, a leader that steps down
 * when it has lost touch with the majority, and reads that the majority confirms (sections 4.2.3, 6.2 and 6.4 of Ongaro's
 * dissertation). Left out: snapshots, changes of membership, and the time that disks take.
 */
import type { Surroundings } from '../../network/node.ts';
import { Asked } from './asked.ts';
import { Election } from './election.ts';
import { Followers } from './followers.ts';
import { Leadership } from './leadership.ts';
import type { Machine, RaftTimes } from './machine.ts';
import type { Mesh } from './mesh.ts';
import { isTrial, type Message, type Proposal } from './messages.ts';
import { Replica } from './replica.ts';

type Role = 'follower' | 'trying' | 'candidate' | 'leader';

export class Raft<Command, Result> {
  readonly index: number;
  /** Who leads, as far as this server knows. */
  readonly leadership = new Leadership();
  readonly #around: Surroundings;
  readonly #mesh: Mesh;
  readonly #times: RaftTimes;
  readonly #replica: Replica<Command, Result>;
  readonly #asked: Asked<Result>;
  readonly #election: Election;
  #peers: readonly Raft<Command, Result>[] = [];
  #term = 1;
  #role: Role = 'follower';
  /** While it leads. */
  #followers: Followers | undefined;
  /** Of messages to all. */
  #round = 0;
  #tickedAtMs = 0;

  constructor(index: number, around: Surroundings, mesh: Mesh, times: RaftTimes, machine: Machine<Command, Result>) {
    this.index = index;
    this.#around = around;
    this.#mesh = mesh;
    this.#times = times;
    this.#asked = new Asked(index);
    this.#election = new Election(index, around, times.electionMs);
    this.#replica = new Replica(machine, ({ origin, id }, result) => {
      if (origin === index) this.#asked.isApplied(id, result);
    });
  }

  /** All begin at once, with one of them leading already. */
  begin(peers: readonly Raft<Command, Result>[], leader: number): void {
    this.#peers = peers;
    if (leader === this.index) {
      this.#election.voteForItself();
      this.#lead();
    } else this.#follow(1, leader);
    this.#watch();
  }

  get leads(): boolean {
    return this.#role === 'leader';
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
    const proposal = { origin: this.index, id: this.#asked.proposal(done, lost), command };
    this.leadership.whenKnown((leader) => this.#pass(leader, { type: 'propose', proposal }));
  }

  /** Calls `ready` when this server has applied all that was committed by now; never, if it cannot be confirmed. */
  read(ready: () => void): void {
    const id = this.#asked.read(ready);
    this.leadership.whenKnown((leader) => this.#pass(leader, { type: 'read', from: this.index, id }));
  }

  /** It starts again. */
  crash(keepLog: boolean): void {
    if (!keepLog) {
      this.#term = 0;
      this.#election.beginTerm();
    }
    this.#role = 'follower';
    this.#followers = undefined;
    this.#asked.crash();
    this.#replica.crash(keepLog);
    this.leadership.crash();
    // Alone, it need not ask anybody.
    if (this.#peers.length === 1) this.#stand();
    this.#election.crash();
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
        if (this.#role === 'leader') this.#append(this.#replica.prepared(message.proposal));
        return;
      case 'read':
        return this.#onRead(message);
      case 'readable':
        return this.#replica.whenApplied(message.index, () => this.#asked.isReadable(message.id));
    }
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
    const restMs = this.#role === 'leader' ? this.#times.heartbeatMs : this.#election.restMs;
    this.#around.after(Math.max(1, Math.min(restMs, this.#times.heartbeatMs)), () => {
      if (this.#role === 'leader') this.#lead();
      else if (this.#election.restMs <= 0) this.#stand();
      this.#watch();
    });
  }

  #follow(term: number, leader: number | undefined): void {
    if (term > this.#term) this.#election.beginTerm();
    this.#term = term;
    if (this.#role === 'leader') this.#asked.loseProposals();
    this.#role = 'follower';
    this.#followers = undefined;
    this.#election.postpone();
    this.leadership.know(leader);
  }

  /** Asks first whether it would be elected: a server that was cut off disturbs nobody when it comes back. */
  #stand(): void {
    this.leadership.know(undefined);
    this.#canvass('trying');
  }

  #canvass(role: 'trying' | 'candidate'): void {
    this.#role = role;
    this.#election.canvass();
    const trial = role === 'trying';
    if (this.#peers.length === 1) return this.#elected();
    const [{ last }, term] = [this.#replica.log, trial ? this.#term + 1 : this.#term];
    this.#toOthers(() => ({ type: 'vote', term, from: this.index, last, trial }));
  }

  #elected(): void {
    if (this.#role !== 'trying') return this.#lead();
    this.#term += 1;
    this.#election.voteForItself();
    this.#canvass('candidate');
  }

  #onVote({ term, from, last, trial }: Message<Command> & { type: 'vote' }): void {
    const hasLeader = this.#role === 'leader' || (this.leadership.leader !== undefined && this.#election.isContent);
    const free = trial ? !hasLeader : this.#election.mayVoteFor(from);
    const granted = term >= this.#term && free && this.#replica.log.isCoveredBy(last);
    if (granted && !trial) this.#election.voteFor(from);
    this.#send(from, { type: 'voted', term: granted && trial ? term : this.#term, from: this.index, granted, trial });
  }

  #onVoted({ term, from, granted, trial }: Message<Command> & { type: 'voted' }): void {
    const expected = trial ? this.#role === 'trying' && term === this.#term + 1 : this.#role === 'candidate';
    if (!granted || !expected || (!trial && term !== this.#term)) return;
    if (this.#election.receive(from) * 2 > this.#peers.length) this.#elected();
  }

  /** Begins to lead, or goes on: a round of messages to all. */
  #lead(): void {
    const now = this.#around.nowMs();
    if (this.#followers === undefined) {
      this.#role = 'leader';
      const servers = this.#peers.map(({ index }) => index);
      this.#followers = new Followers(this.index, servers, this.#replica.log.length + 1, now);
      this.leadership.know(this.index);
      return this.#append(undefined);
    }
    const { electionMs, leaderLeaseMs = electionMs } = this.#times;
    if (this.#followers.inTouch(now, leaderLeaseMs)) this.#tell();
    else this.#follow(this.#term, undefined);
  }

  #append(proposal: Proposal<Command> | undefined): void {
    this.#replica.log.push({ term: this.#term, proposal });
    this.#tell();
    this.#advance();
  }

  /** @returns the number of the round */
  #tell(): number {
    const round = ++this.#round;
    this.#toOthers((peer) => this.#news(peer, round));
    return round;
  }

  #news(peer: number, round: number): Message<Command> {
    const { log, commit } = this.#replica;
    const next = this.#followers?.nextOf(peer) ?? 1;
    const [previous, entries] = [log.at(next - 1), log.from(next)];
    return { type: 'append', term: this.#term, from: this.index, round, commit, previous, entries };
  }

  #onAppend({ term, from, previous, entries, commit, round }: Message<Command> & { type: 'append' }): void {
    const { log } = this.#replica;
    const answer = (match: number | undefined): void =>
      this.#send(from, { type: 'appended', term: this.#term, from: this.index, round, match, length: log.length });
    if (term < this.#term) return answer(undefined);
    this.#role = 'follower';
    this.#election.heardOfLeader();
    if (!log.has(previous)) answer(undefined);
    else {
      const match = log.merge(previous.index, entries);
      answer(match);
      this.#replica.commitUpTo(Math.min(commit, match));
    }
    this.leadership.know(from);
  }

  #onAppended({ term, from, round, match, length }: Message<Command> & { type: 'appended' }): void {
    const followers = this.#followers;
    if (followers === undefined || term !== this.#term) return;
    followers.heardOf(from, round, this.#around.nowMs());
    if (match === undefined) {
      followers.disagrees(from, length);
      this.#send(from, this.#news(from, this.#round));
    } else {
      followers.agrees(from, match);
      this.#advance();
    }
    this.#followers?.confirmReads(this.#replica.commit);
  }

  /** Commits what a majority has. Of earlier terms only together with something of its own. */
  #advance(): void {
    const { log, commit } = this.#replica;
    const index = this.#followers?.agreed(log.length) ?? 0;
    if (index <= commit || log.at(index).term !== this.#term) return;
    this.#replica.commitUpTo(index);
    // Followers should not have to wait for the next heartbeat.
    this.#tell();
    this.#followers?.confirmReads(this.#replica.commit);
  }

  /** A leader that has committed nothing yet does not know what was committed before. */
  #onRead({ from, id }: Message<Command> & { type: 'read' }): void {
    const { log, commit } = this.#replica;
    const index = Math.max(commit, log.firstOf(this.#term));
    const confirmed = (): void => this.#pass(from, { type: 'readable', id, index });
    this.#followers?.awaits({ index, round: this.#tell(), confirmed });
    this.#followers?.confirmReads(commit);
  }
}
