/** One server of a simulated ZooKeeper ensemble. What it answers is held against a real one by `tests/sim/`. */
import type { ServerSession } from '../../network/connection.ts';
import type { ServerModel, Surroundings, Transport } from '../../network/node.ts';
import type { Mesh } from '../quorum/mesh.ts';
import { Raft } from '../quorum/raft.ts';
import { Client, type ConnectRequest, type Desk } from './client.ts';
import { Tracker } from './tracker.ts';
import { ERROR, Tree, type Command, type Result } from './tree.ts';
import { Watches } from './watches.ts';

/** As the servers are started on real machines (`harness/backends/servers/zookeeper.ts`). */
const TICK_MS = 200;
const SYNC_MS = 5 * TICK_MS;
const [LEAST_TIMEOUT_MS, LONGEST_TIMEOUT_MS] = [400, 60_000];
/** Leaders ask followers every half tick, who then say which sessions they have heard of. */
const REPORT_EVERY_MS = TICK_MS / 2;
/** Elections are Raft's, and so are their times: a follower notices after this, or twice this, that its leader is gone. */
const TIMES = { heartbeatMs: REPORT_EVERY_MS, electionMs: 600, leaderLeaseMs: SYNC_MS };
/** A server that follows asks again whether it knows all that its leader knows. */
const SYNC_AGAIN_MS = 500;
const PASSWORD_BYTES = 16;

export class ZookeeperServer implements ServerModel {
  readonly raft: Raft<Command, Result>;
  readonly #index: number;
  readonly #around: Surroundings;
  readonly #mesh: Mesh;
  readonly #tree = new Tree();
  readonly #tracker: Tracker;
  readonly #clients = new Set<Client>();
  readonly #watches = new Watches<Client>((client, type, path) => client.notify(type, path));
  /** Heard of since the last report to the leader. */
  readonly #touched = new Set<bigint>();
  #peers: readonly ZookeeperServer[] = [];
  /** Whether clients are served: while somebody leads, of whom this server knows all. */
  #serves = false;
  #reign = 0;

  constructor(index: number, around: Surroundings, mesh: Mesh) {
    this.#index = index;
    this.#around = around;
    this.#mesh = mesh;
    this.#tracker = new Tracker(around, TICK_MS, (session) =>
      this.raft.propose({ f: 'close', session }, () => undefined),
    );
    this.#tree.onChange = (change) => this.#watches.trigger(change);
    this.raft = new Raft(index, around, mesh, TIMES, {
      apply: (command) => this.#apply(command),
      prepare: (command, origin) => this.#prepare(command, origin),
      reset: () => this.#tree.reset(),
    });
    this.raft.leadership.onChange = (leader) => this.#onLeader(leader);
  }

  meet(peers: readonly ZookeeperServer[]): void {
    this.#peers = peers;
  }

  connect(transport: Transport): ServerSession {
    const client = new Client(this.#desk, transport);
    if (this.#serves) this.#clients.add(client);
    else client.hangUp();
    return {
      receive: (chunk) => client.receive(chunk),
      closed: () => {
        client.closed();
        this.#leave(client);
      },
    };
  }

  crash(keepData: boolean): void {
    this.#clients.clear();
    this.#watches.clear();
    this.#touched.clear();
    this.raft.crash(keepData);
  }

  /** A client of another server goes on with a session. @returns whether there is one; `undefined`: this one does not lead */
  adopt(session: bigint, server: number): boolean | undefined {
    if (!this.raft.leads) return undefined;
    const timeoutMs = this.#tree.sessions.get(session);
    if (timeoutMs === undefined || !this.#tracker.adopt(session, server)) return false;
    this.#tracker.touch(session, timeoutMs);
    return true;
  }

  /** Sessions that were heard of, here or at another server. */
  hearOf(sessions: Iterable<bigint>): void {
    for (const session of sessions) {
      const timeoutMs = this.#tree.sessions.get(session);
      if (timeoutMs !== undefined) this.#tracker.renew(session, timeoutMs);
    }
  }

  get #desk(): Desk {
    return {
      zxid: () => this.#tree.zxid,
      node: (path) => this.#tree.node(path),
      admit: (client, request) => this.#admit(client, request),
      touch: (session) => this.#touch(session),
      propose: (command, done) => this.raft.propose(command, done),
      watch: (kind, path, client) => this.#watches.add(kind, path, client),
      unsupported: this.#around.unsupported,
    };
  }

  #apply(command: Command): Result {
    const result = this.#tree.apply(command);
    if (command.f === 'open') this.#tracker.touch(command.session, command.timeoutMs);
    if (command.f === 'close') {
      this.#tracker.forget(command.session);
      // Its own request for that is answered first.
      const isIts = (client: Client): boolean => client.session === command.session && !client.isClosing;
      for (const client of this.#clients) if (isIts(client)) this.#drop(client);
    }
    return result;
  }

  /** The leader refuses what comes from where a session is no more. */
  #prepare(command: Command, origin: number): Command {
    if (command.f === 'open') this.#tracker.adopt(command.session, origin);
    else if (command.f !== 'close' && this.#tracker.hasMoved(command.session, origin)) {
      return { f: 'refused', session: command.session, error: ERROR.sessionMoved };
    }
    return command;
  }

  #onLeader(leader: number | undefined): void {
    const reign = ++this.#reign;
    this.#serves = false;
    for (const client of this.#clients) this.#drop(client);
    this.#tracker.follow();
    if (leader === undefined) return;
    const synchronize = (): void => {
      if (this.#serves || reign !== this.#reign) return;
      this.raft.read(() => {
        if (this.#serves || reign !== this.#reign) return;
        this.#serves = true;
        if (leader === this.#index) this.#tracker.lead(this.#tree.sessions);
      });
      this.#around.after(SYNC_AGAIN_MS, synchronize);
    };
    synchronize();
  }

  #admit(client: Client, { lastZxid, timeoutMs: asked, session, password }: ConnectRequest): void {
    // It has seen more than this server knows.
    if (lastZxid > this.#tree.zxid) return this.#drop(client);
    const timeoutMs = Math.min(LONGEST_TIMEOUT_MS, Math.max(LEAST_TIMEOUT_MS, asked));
    if (session === 0n) {
      const id = this.#newId();
      const welcome = (): void => client.welcome(id, timeoutMs, passwordOf(id));
      return this.raft.propose({ f: 'open', session: id, timeoutMs }, welcome);
    }
    for (const other of this.#clients) if (other !== client && other.session === session) this.#drop(other);
    const settle = (alive: boolean): void => {
      const agreedMs =
        alive && password.equals(passwordOf(session)) ? (this.#tree.sessions.get(session) ?? timeoutMs) : 0;
      client.welcome(session, agreedMs, password);
    };
    this.#revalidate(session, settle);
  }

  #revalidate(session: bigint, settle: (alive: boolean) => void): void {
    const { leader } = this.raft.leadership;
    if (leader === undefined) return;
    if (leader === this.#index) return settle(this.adopt(session, leader) === true);
    this.#mesh.send(this.#index, leader, () => {
      const alive = this.#peers[leader]?.adopt(session, this.#index);
      if (alive !== undefined) this.#mesh.send(leader, this.#index, () => settle(alive));
    });
  }

  #touch(session: bigint): void {
    if (this.raft.leads) return this.hearOf([session]);
    this.#touched.add(session);
    if (this.#touched.size > 1) return;
    this.#around.after(REPORT_EVERY_MS, () => {
      const heard = [...this.#touched];
      this.#touched.clear();
      const { leader } = this.raft.leadership;
      if (leader !== undefined) this.#mesh.send(this.#index, leader, () => this.#peers[leader]?.hearOf(heard));
    });
  }

  #drop(client: Client): void {
    client.hangUp();
    this.#leave(client);
  }

  #leave(client: Client): void {
    this.#clients.delete(client);
    this.#watches.forget(client);
  }

  #newId(): bigint {
    const { random } = this.#around;
    return (BigInt(this.#index + 1) << 56n) | (BigInt(random.bits() & 0xffffff) << 32n) | BigInt(random.bits());
  }
}

/** Whoever knows it may go on with the session. */
function passwordOf(session: bigint): Buffer {
  const password = Buffer.alloc(PASSWORD_BYTES);
  password.writeBigInt64BE(session, 0);
  password.writeBigInt64BE(~session, PASSWORD_BYTES / 2);
  return password;
}
