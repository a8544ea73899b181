/** One node's talk with the others: what it knows of them, what it does about those that fail, and whom it makes way for. */
import type { Surroundings } from '../../../network/node.ts';
import type { Mesh } from '../../quorum/mesh.ts';
import type { Replication } from '../replication/replication.ts';
import { claim, contradiction } from './claims.ts';
import { answered, dueForPing, fail, report, suspect } from './failures.ts';
import { Health } from './health.ts';
import type { Content, Header, Message } from './messages.ts';
import { OLDEST_MS, Takeover } from './takeover.ts';
import type { Peer, View } from './view.ts';

const TICK_MS = 100;

export class Bus {
  readonly health = new Health();
  readonly #around: Surroundings;
  readonly #mesh: Mesh;
  readonly #replication: Replication;
  readonly #published: (channel: string, message: string) => void;
  readonly #takeover: Takeover;
  #peers: readonly Bus[] = [];
  /** Knows nobody until the cluster is formed. */
  #view: View | undefined;

  constructor(
    around: Surroundings,
    mesh: Mesh,
    replication: Replication,
    published: (channel: string, message: string) => void,
  ) {
    this.#around = around;
    this.#mesh = mesh;
    this.#replication = replication;
    this.#published = published;
    this.#takeover = new Takeover(around);
  }

  meet(peers: readonly Bus[]): void {
    this.#peers = peers;
  }

  get view(): View | undefined {
    return this.#view;
  }

  /** Begins with what is written down, at first, when the cluster is formed, and after a crash. */
  begin(view: View | undefined): void {
    this.#view = view;
    this.#takeover.crash();
    this.health.restart();
    view?.restart(this.#now);
  }

  /** It looks after the others from now on; what it had in mind to do before a crash has not come about. */
  run(): void {
    if (this.#view !== undefined) this.#look(this.#view);
    this.#around.after(TICK_MS, () => this.run());
  }

  publish(channel: string, message: string): void {
    this.#broadcast({ f: 'publish', channel, message });
  }

  get #now(): number {
    return this.#around.wallUs() / 1000;
  }

  #look(view: View): void {
    const now = this.#now;
    view.me.offset = this.#replication.offset;
    for (const peer of dueForPing(view, now)) {
      peer.pingedAt ??= now;
      this.#send(peer.node, { f: 'ping', failing: failingIn(view) });
    }
    suspect(view, now);
    this.#stand(view, now);
    this.health.update(view, now);
  }

  #stand(view: View, now: number): void {
    const { primary } = view.me;
    if (primary === undefined || view.peer(primary).failing !== 'yes' || view.shardsOf(primary).length === 0) return;
    if (this.#replication.unlinkedMs > OLDEST_MS) return;
    const step = this.#takeover.proceed(view, now);
    if (step === 'ask') this.#broadcast({ f: 'request' });
    if (step !== 'take over') return;
    for (const shard of view.shardsOf(primary)) view.owners[shard] = view.self;
    view.me.primary = undefined;
    this.#replication.follow(undefined);
    this.#broadcast({ f: 'pong', failing: failingIn(view) });
  }

  receive(message: Message): void {
    const view = this.#view;
    if (view === undefined) return;
    const [now, { from }] = [this.#now, message];
    const sender = view.peer(from);
    sender.heardAt = now;
    sender.offset = message.offset;
    sender.configEpoch = Math.max(sender.configEpoch, message.configEpoch);
    // Whoever asks for votes has begun the epoch in which they are given.
    view.epoch = Math.max(view.epoch, message.epoch);
    switch (message.f) {
      case 'ping':
      case 'pong':
        this.#greet(view, sender, message, now);
        break;
      case 'fail':
        if (message.node !== view.self) fail(view.peer(message.node), now);
        break;
      case 'publish':
        this.#published(message.channel, message.message);
        break;
      case 'update':
        this.#correct(view, message.owner, message.configEpoch, message.shards);
        break;
      case 'request':
        if (this.#takeover.votesFor(view, message, now)) this.#send(from, { f: 'vote' });
        break;
      case 'vote':
        this.#takeover.count(view, message);
        break;
    }
    this.health.update(view, now);
  }

  #greet(view: View, sender: Peer, message: Message & { readonly f: 'ping' | 'pong' }, now: number): void {
    const { from, configEpoch, shards, primary } = message;
    if (message.f === 'ping') this.#send(from, { f: 'pong', failing: failingIn(view) });
    else answered(view, sender, now);
    if (primary !== undefined) for (const shard of view.shardsOf(from)) view.owners[shard] = undefined;
    sender.primary = primary;
    if (primary === undefined && claim(view, from, configEpoch, shards)) this.#follow(view, from);
    // A replica of a replica: its primary has made way for another.
    if (primary !== undefined && view.me.primary === from && primary !== view.self) this.#follow(view, primary);
    const owner = contradiction(view, configEpoch, shards);
    if (owner !== undefined) {
      const { configEpoch: greater } = view.peer(owner);
      this.#send(from, { f: 'update', owner, configEpoch: greater, shards: view.shardsOf(owner) });
    }
    if (!view.voters.includes(sender)) return;
    for (const failed of report(view, from, message.failing, now)) this.#broadcast({ f: 'fail', node: failed.node });
  }

  #correct(view: View, owner: number, configEpoch: number, shards: readonly number[]): void {
    const peer = view.peer(owner);
    if (owner === view.self || peer.configEpoch >= configEpoch) return;
    peer.primary = undefined;
    peer.configEpoch = configEpoch;
    if (claim(view, owner, configEpoch, shards)) this.#follow(view, owner);
  }

  #follow(view: View, primary: number): void {
    view.me.primary = primary;
    this.#takeover.crash();
    this.#replication.follow(primary);
  }

  #header(view: View): Header {
    const { primary, offset } = view.me;
    const claimant = primary ?? view.self;
    const { configEpoch } = view.peer(claimant);
    return { from: view.self, epoch: view.epoch, configEpoch, primary, shards: view.shardsOf(claimant), offset };
  }

  #send(to: number, content: Content): void {
    const view = this.#view;
    if (view === undefined) return;
    const message = { ...this.#header(view), ...content };
    this.#mesh.send(view.self, to, () => this.#peers[to]?.receive(message));
  }

  #broadcast(content: Content): void {
    for (const { node } of this.#view?.others ?? []) this.#send(node, content);
  }
}

function failingIn(view: View): readonly number[] {
  return view.peers.filter(({ failing }) => failing !== 'no').map(({ node }) => node);
}
