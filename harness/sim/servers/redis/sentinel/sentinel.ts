/** One Sentinel: it watches a primary with its replicas, and with others puts a replica in the place of a primary that fails. */
import type { ServerSession } from '../../../network/connection.ts';
import type { ServerModel, Surroundings, Transport } from '../../../network/node.ts';
import type { Mesh } from '../../quorum/mesh.ts';
import type { ReplicatedServer } from '../replication/replicated.ts';
import { Council, type Answer, type Question } from './council.ts';
import { Desk } from './desk.ts';
import { Failover, FAILOVER_TIMEOUT_MS, type Conduct } from './failover.ts';
import type { Subject } from './subject.ts';
import { Watch } from './watch.ts';

/** What every Sentinel tells the others again and again, by way of the servers that they all watch. */
interface Hello {
  readonly epoch: number;
  readonly primary: number;
  readonly configEpoch: number;
}

const TICK_MS = 50;
const HELLO_EVERY_MS = 2000;
const ASK_ABOUT_SELF_EVERY_MS = { calm: 10_000, alarmed: 1000 };
/** A clock that goes back, or on by more than this from one look to the next, is not to be trusted for so long. */
const TILT = { afterMs: 2000, forMs: 30_000 };
/** A primary that is none any more is told so when it has been sound for so long. */
const CONVERT_AFTER_MS = HELLO_EVERY_MS * 4;
/** At random, so that Sentinels do not stand for election together. */
const DESYNC_MS = 1000;

export class Sentinel implements ServerModel, Conduct {
  readonly self: number;
  readonly council: Council;
  readonly #around: Surroundings;
  readonly #mesh: Mesh;
  readonly #servers: readonly ReplicatedServer[];
  readonly #watch: Watch;
  readonly #desk: Desk;
  #peers: ReadonlyMap<number, Sentinel> = new Map();
  epoch = 0;
  #configEpoch = 0;
  #primary = 0;
  #failover: Failover | undefined;
  /** When a failover was begun, here or by who got this Sentinel's vote. */
  #failoverAt = -Infinity;
  #lookedAt = 0;
  #tiltedAt: number | undefined;
  #helloAt = -Infinity;

  constructor(
    self: number,
    around: Surroundings,
    mesh: Mesh,
    servers: readonly ReplicatedServer[],
    all: readonly number[],
  ) {
    this.self = self;
    this.#around = around;
    this.#mesh = mesh;
    this.#servers = servers;
    this.#watch = new Watch(self, around, mesh, servers);
    this.council = new Council(
      self,
      all.filter((other) => other !== self),
    );
    this.#desk = new Desk(this, around);
  }

  meet(peers: readonly Sentinel[]): void {
    this.#peers = new Map(peers.filter((peer) => peer !== this).map((peer) => [peer.self, peer]));
    this.#begin();
  }

  connect(transport: Transport): ServerSession {
    return this.#desk.connect(transport);
  }

  /** Who leads by its configuration, epochs and votes are written down. */
  crash(keepData: boolean): void {
    this.#desk.crash();
    this.council.crash(keepData);
    this.#failover = undefined;
    this.#failoverAt = -Infinity;
    this.#tiltedAt = undefined;
    if (!keepData) [this.epoch, this.#configEpoch, this.#primary] = [0, 0, 0];
    this.#begin();
  }

  /** The connection to a server is closed. */
  lost(node: number): void {
    this.#watch.of(node).closed();
  }

  /** Whom it names to clients. */
  get named(): number {
    return this.#failover?.successor ?? this.#primary;
  }

  get primary(): Subject {
    return this.#watch.of(this.#primary);
  }

  get subjects(): readonly Subject[] {
    return this.#watch.subjects;
  }

  /** It has heard of all servers, and nothing that is wrong. */
  get isContent(): boolean {
    const isRight = ({ node, word, isDown }: Subject): boolean =>
      !isDown &&
      (node === this.#primary ? word?.primary === undefined : word?.primary === this.#primary && word.isLinked);
    return (
      this.#failover === undefined && this.subjects.every((subject) => subject.word !== undefined && isRight(subject))
    );
  }

  reconfigure(node: number, primary: number | undefined): void {
    this.#mesh.send(this.self, node, () => this.#servers[node]?.become(primary));
  }

  promoted(_node: number, epoch: number): void {
    this.#configEpoch = epoch;
    this.#hello();
  }

  finished(node: number): void {
    this.#switchTo(node);
  }

  aborted(): void {
    this.#failover = undefined;
  }

  #begin(): void {
    this.#watch.begin(this.#now);
    this.#lookedAt = this.#now;
    this.#look();
  }

  get #now(): number {
    return this.#around.wallUs() / 1000;
  }

  #look(): void {
    const now = this.#now;
    const passed = now - this.#lookedAt;
    this.#lookedAt = now;
    if (passed < 0 || passed > TILT.afterMs) this.#tiltedAt = now;
    for (const subject of this.subjects) this.#inquire(subject);
    if (now - this.#helloAt > HELLO_EVERY_MS || now < this.#helloAt) this.#hello();
    if (this.#tiltedAt !== undefined && now - this.#tiltedAt >= TILT.forMs) this.#tiltedAt = undefined;
    if (this.#tiltedAt === undefined) this.#act(now);
    this.#around.after(TICK_MS + this.#around.random.whole(0, TICK_MS), () => this.#look());
  }

  #act(now: number): void {
    for (const subject of this.subjects) subject.judge(now);
    const isDown = this.#isObjectivelyDown;
    const begins = isDown && this.#failover === undefined && now - this.#failoverAt >= FAILOVER_TIMEOUT_MS * 2;
    if (begins) {
      this.epoch += 1;
      this.#failoverAt = now + this.#around.random.whole(0, DESYNC_MS - 1);
      this.#failover = new Failover(this, this.epoch, now);
    }
    this.#failover?.proceed(now);
    if (!this.primary.isDown) return;
    for (const other of this.council.due(now, begins)) this.#ask(other);
  }

  get #isObjectivelyDown(): boolean {
    return this.primary.isDown && this.council.agrees;
  }

  #inquire(subject: Subject): void {
    const isAlarmed = this.#isObjectivelyDown || this.#failover !== undefined || subject.word?.isLinked === false;
    const isReplica = subject.node !== this.#primary;
    this.#watch.inquire(subject, ASK_ABOUT_SELF_EVERY_MS[isAlarmed && isReplica ? 'alarmed' : 'calm'], () => {
      if (this.#tiltedAt === undefined) this.#correct(subject);
    });
  }

  /** What a server says of itself is not as it should be, and has not been for some time. */
  #correct(subject: Subject): void {
    const [now, { node, word }] = [this.#now, subject];
    if (node === this.#primary || word === undefined || word.primary === this.#primary) return;
    if (this.#failover !== undefined || !this.#primaryIsSane(now)) return;
    const forMs = word.primary === undefined ? CONVERT_AFTER_MS : FAILOVER_TIMEOUT_MS;
    if (subject.isSoundFor(now, forMs) && subject.hasHadRole(now, forMs)) this.reconfigure(node, this.#primary);
  }

  #primaryIsSane(now: number): boolean {
    const { isDown, word } = this.primary;
    const heard = this.primary.wasHeardWithin(now, ASK_ABOUT_SELF_EVERY_MS.calm * 2);
    return !isDown && heard && word !== undefined && word.primary === undefined;
  }

  #ask(other: number): void {
    const candidate = this.#failover === undefined ? undefined : this.self;
    const question: Question = { from: this.self, primary: this.#primary, epoch: this.epoch, candidate };
    this.#mesh.send(this.self, other, () => {
      const answer = this.#peers.get(other)?.answer(question);
      if (answer === undefined) return;
      this.#mesh.send(other, this.self, () => this.council.hear(answer, this.#now));
    });
  }

  /** Another asks whether the primary is down, and perhaps for a vote. */
  answer({ primary, epoch, candidate }: Question): Answer {
    const known = primary === this.#primary;
    const isDown = known && this.#tiltedAt === undefined && this.primary.isDown;
    if (candidate === undefined || !known) return { from: this.self, isDown, vote: undefined };
    this.epoch = Math.max(this.epoch, epoch);
    const { vote, isNew } = this.council.vote(candidate, epoch, this.epoch);
    if (isNew) this.#failoverAt = this.#now + this.#around.random.whole(0, DESYNC_MS - 1);
    return { from: this.self, isDown, vote };
  }

  /** To each of the others, by way of each server. */
  #hello(): void {
    this.#helloAt = this.#now;
    const hello: Hello = { epoch: this.epoch, primary: this.named, configEpoch: this.#configEpoch };
    for (const { node } of this.subjects) {
      this.#mesh.send(this.self, node, () => {
        for (const peer of this.#peers.values()) this.#mesh.send(node, peer.self, () => peer.hear(hello));
      });
    }
  }

  hear({ epoch, primary, configEpoch }: Hello): void {
    this.epoch = Math.max(this.epoch, epoch);
    if (configEpoch <= this.#configEpoch) return;
    this.#configEpoch = configEpoch;
    if (primary !== this.#primary) this.#switchTo(primary);
  }

  #switchTo(node: number): void {
    this.#desk.announce(this.#primary, node);
    this.#primary = node;
    this.#failover = undefined;
    this.#failoverAt = -Infinity;
    this.council.reset();
    this.#watch.begin(this.#now);
  }
}
