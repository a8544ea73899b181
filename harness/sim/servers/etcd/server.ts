/** One member of a simulated etcd: its answers to gRPC calls. What it answers is held against a real one by `tests/sim/`. */
import { Message, Received } from 'holdfast-locks/internal/etcd/protobuf';
import { grpcSession, type Call, type Handler } from '../../http2/server.ts';
import type { ServerSession } from '../../network/connection.ts';
import type { ServerModel, Surroundings, Transport } from '../../network/node.ts';
import type { Mesh } from '../quorum/mesh.ts';
import { Raft } from '../quorum/raft.ts';
import { Lessor } from './lessor.ts';
import { isReadOnly, rangeOf, txnOf } from './requests.ts';
import { Store, type Command, type Result } from './store.ts';
import { Watches } from './watches.ts';

/** As the servers are started on real machines (`harness/backends/servers/etcd.ts`). */
const TIMES = { heartbeatMs: 50, electionMs: 500 };
/** Then a request is given up by the server: 5 s and two elections. */
const GIVE_UP_MS = 6000;
/** One and a half elections, in whole seconds. */
const LEAST_TTL_SECONDS = 1;
/** A renewal that was passed on is passed on anew after this long: to whoever leads then. */
const RENEW_AGAIN_MS = 500;

const STATUS = { notFound: 5, failedPrecondition: 9, unavailable: 14 };

export class EtcdServer implements ServerModel {
  readonly raft: Raft<Command, Result>;
  readonly #around: Surroundings;
  readonly #mesh: Mesh;
  readonly #store = new Store();
  readonly #watches = new Watches(this.#store);
  readonly #lessor: Lessor;
  #peers: readonly EtcdServer[] = [];

  constructor(index: number, around: Surroundings, mesh: Mesh) {
    this.#around = around;
    this.#mesh = mesh;
    this.raft = new Raft(index, around, mesh, TIMES, {
      apply: (command) => this.#apply(command),
      reset: () => this.#store.reset(),
    });
    this.#lessor = new Lessor(around, (id) => this.raft.propose({ f: 'revoke', id }, () => undefined));
    this.raft.leadership.onChange = (leader) => {
      if (leader === index) this.#lessor.promote(this.#store.leases, TIMES.electionMs);
      else this.#lessor.demote();
    };
  }

  meet(peers: readonly EtcdServer[]): void {
    this.#peers = peers;
  }

  connect(transport: Transport): ServerSession {
    return grpcSession(transport, (call) => this.#open(call));
  }

  crash(keepData: boolean): void {
    this.#watches.clear();
    this.raft.crash(keepData);
  }

  /** Renews a lease, if this member leads. */
  renew(id: bigint, settle: (how: 'renewed' | 'not found' | 'not primary') => void): void {
    this.#lessor.renew(id, this.#store.leases.get(id), settle);
  }

  #apply(command: Command): Result {
    const result = this.#store.apply(command);
    if (command.f === 'grant' && typeof result !== 'string') this.#lessor.granted(command.id, command.ttlSeconds);
    if (command.f === 'revoke') this.#lessor.revoked(command.id);
    this.#watches.tell();
    return result;
  }

  #open(call: Call): Handler {
    const method = call.path.replace('/etcdserverpb.', '');
    if (method === 'Watch/Watch') return this.#watches.open(call, this.#around.unsupported);
    if (method === 'Lease/LeaseKeepAlive') return this.#openKeepAlive(call);
    return { message: (content) => this.#answer(method, new Received(content), call) };
  }

  #answer(method: string, request: Received, call: Call): void {
    const { unsupported } = this.#around;
    switch (method) {
      case 'Lease/LeaseGrant': {
        const ttlSeconds = Math.max(LEAST_TTL_SECONDS, Number(request.integer(1)));
        const asked = request.integer(2);
        // At 0 the server chooses.
        const id = asked === 0n ? BigInt(this.#around.random.whole(1, Number.MAX_SAFE_INTEGER)) : asked;
        return this.#propose({ f: 'grant', id, ttlSeconds }, call);
      }
      case 'Lease/LeaseRevoke':
        return this.#propose({ f: 'revoke', id: request.integer(1) }, call);
      case 'Lease/LeaseTimeToLive':
        return this.#timeToLive(request.integer(1), call);
      case 'KV/Range': {
        const range = rangeOf(request, unsupported);
        return this.#read(call, () => this.#store.range(range));
      }
      case 'KV/Txn': {
        const txn = txnOf(request, unsupported);
        if (isReadOnly(txn)) return this.#read(call, () => this.#store.transact(txn));
        return this.#propose({ f: 'transact', txn }, call);
      }
      default:
        return unsupported(`the method ${method} of etcd is not simulated`);
    }
  }

  #propose(command: Command, call: Call): void {
    const settle = this.#inTime(call);
    this.raft.propose(command, (result) => settle(() => end(call, result)));
  }

  /** As of now, with the consent of a majority. */
  #read(call: Call, look: () => Result): void {
    const settle = this.#inTime(call);
    this.raft.read(() => settle(() => end(call, look())));
  }

  /** A real member that does not lead asks the one that does; this one lets the client ask it. */
  #timeToLive(id: bigint, call: Call): void {
    const seconds = this.#lessor.secondsLeft(id);
    if (seconds === undefined) return call.fail(STATUS.unavailable, 'etcdserver: no leader');
    const left = BigInt.asUintN(64, BigInt(seconds));
    end(call, this.#store.answer().integer(2, id).integer(3, left));
  }

  /** The first of an answer and the end of its time. @returns what is to be told of an answer */
  #inTime(call: Call): (answer: () => void) => void {
    let settled = false;
    const once = (act: () => void): void => {
      if (settled) return;
      settled = true;
      late();
      act();
    };
    const late = this.#around.after(GIVE_UP_MS, () =>
      once(() => call.fail(STATUS.unavailable, 'etcdserver: request timed out')),
    );
    return once;
  }

  /** One renewal for each message, until the client has no more and all are answered. */
  #openKeepAlive(call: Call): Handler {
    let [asked, answered, ended] = [0, 0, false];
    const finish = (): void => {
      if (ended && asked === answered) call.finish();
    };
    return {
      message: (content) => {
        asked += 1;
        this.#keepAlive(new Received(content).integer(1), call, () => {
          answered += 1;
          finish();
        });
      },
      ended: () => {
        ended = true;
        finish();
      },
    };
  }

  /** A leader asks the majority whether it still leads only if it has just been standing still; others pass it on. */
  #keepAlive(id: bigint, call: Call, onAnswered: () => void): void {
    const settle = this.#inTime(call);
    const told = (how: 'renewed' | 'not found' | 'not primary'): void =>
      settle(() => {
        if (how === 'not primary') return call.fail(STATUS.unavailable, 'etcdserver: no leader');
        const seconds = how === 'renewed' ? (this.#store.leases.get(id) ?? 0) : 0;
        call.reply(this.#store.answer().integer(2, id).integer(3, seconds).encode());
        onAnswered();
      });
    if (this.raft.leads) {
      const renew = (): void => this.renew(id, told);
      if (this.raft.isActive) renew();
      else this.raft.read(renew);
    } else this.#passOn(id, told);
  }

  #passOn(id: bigint, told: (how: 'renewed' | 'not found' | 'not primary') => void): void {
    const { index } = this.raft;
    let over = false;
    const pass = (): void => {
      if (over) return;
      this.raft.leadership.whenKnown((leader) => {
        this.#mesh.send(index, leader, () =>
          this.#peers[leader]?.renew(id, (how) => {
            if (how === 'not primary') return;
            this.#mesh.send(leader, index, () => {
              over = true;
              told(how);
            });
          }),
        );
      });
      this.#around.after(RENEW_AGAIN_MS, pass);
    };
    pass();
    this.#around.after(GIVE_UP_MS, () => {
      over = true;
    });
  }
}

function end(call: Call, result: Result): void {
  if (result === 'lease not found') return call.fail(STATUS.notFound, 'etcdserver: requested lease not found');
  if (result === 'lease exists') return call.fail(STATUS.failedPrecondition, 'etcdserver: lease already exists');
  call.reply(result instanceof Message ? result.encode() : Buffer.alloc(0));
  call.finish();
}
