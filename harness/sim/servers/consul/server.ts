/** One simulated Consul server: its answers to HTTP requests, which its leader gives. Held against a real one by `tests/sim/`. */
import { httpSession, type Exchange, type Response } from '../../http/server.ts';
import type { ServerSession } from '../../network/connection.ts';
import type { ServerModel, Surroundings, Transport } from '../../network/node.ts';
import type { Mesh } from '../quorum/mesh.ts';
import { Raft } from '../quorum/raft.ts';
import { Queries } from './queries.ts';
import { questionOf, type Question } from './requests.ts';
import { State, type Command, type Entry, type TransactionResult } from './state.ts';

/** With `raft_multiplier: 1` (`harness/backends/servers/consul.ts`); heartbeats come ten times as often as they must. */
const TIMES = { heartbeatMs: 100, electionMs: 1000, leaderLeaseMs: 500 };
/** So long a request waits for a leader. */
const HOLD_MS = 7000;
/** `session_ttl_min` */
const LEAST_TTL_MS = 1000;
/** A session ends after so many times its time to live. */
const TTL_MULTIPLIER = 2;

const NO_LEADER: Response = { status: 500, body: 'No cluster leader' };
const LOST: Response = { status: 500, body: 'apply failed: leadership lost while committing log' };
const BROKEN: Response = { status: 500, body: 'rpc error making call: EOF' };

type Answer = (response: Response) => void;

/** A question that was passed on to a leader, and what to do when another leads. */
interface Passed {
  readonly leader: number;
  readonly question: Question;
  readonly exchange: Exchange;
  over: boolean;
}

export class ConsulServer implements ServerModel {
  readonly raft: Raft<Command, TransactionResult>;
  readonly #index: number;
  readonly #around: Surroundings;
  readonly #mesh: Mesh;
  readonly #state = new State();
  readonly #queries: Queries;
  /** Session → what stops its timer: only where this server leads. */
  readonly #timers = new Map<string, () => void>();
  readonly #passed = new Set<Passed>();
  #peers: readonly ConsulServer[] = [];

  constructor(index: number, around: Surroundings, mesh: Mesh) {
    this.#index = index;
    this.#around = around;
    this.#mesh = mesh;
    this.#queries = new Queries(this.#state, around);
    this.raft = new Raft(index, around, mesh, TIMES, {
      apply: (command) => this.#state.apply(command),
      reset: () => this.#state.reset(),
    });
    this.raft.leadership.onChange = (leader) => this.#onLeader(leader);
  }

  meet(peers: readonly ConsulServer[]): void {
    this.#peers = peers;
  }

  connect(transport: Transport): ServerSession {
    return httpSession(transport, (exchange) => {
      const question = questionOf(exchange.request, this.#around.unsupported);
      this.#ask(question, exchange);
    });
  }

  crash(keepData: boolean): void {
    this.#queries.clear();
    this.#passed.clear();
    this.#timers.clear();
    this.raft.crash(keepData);
  }

  /** Answers as the leader; in vain, if it is none. @returns what ends it, for somebody who no longer wants to know */
  answer(question: Question, answer: Answer): () => void {
    const nothing = (): void => undefined;
    if (!this.raft.leads) return nothing;
    switch (question.f) {
      case 'create': {
        const { ttlMs } = question.session;
        if (ttlMs < LEAST_TTL_MS) {
          const body = `Invalid Session TTL '${ttlMs * 1e6}', must be between [1s=24h0m0s]`;
          return (answer({ status: 500, body }), nothing);
        }
        const session = { ...question.session, id: this.#newId() };
        this.#propose({ f: 'create', session }, answer, () => {
          this.#keep(session.id);
          return { status: 200, body: { ID: session.id } };
        });
        return nothing;
      }
      case 'renew': {
        const session = this.#state.sessions.get(question.id);
        if (session === undefined) answer({ status: 404, body: `Session id '${question.id}' not found` });
        else {
          this.#keep(question.id);
          const { id: ID, behavior: Behavior, ttlMs } = session;
          answer({ status: 200, body: [{ ID, Behavior, TTL: `${ttlMs}ms`, LockDelay: 0 }] });
        }
        return nothing;
      }
      case 'destroy':
        if (!this.#state.sessions.has(question.id)) answer({ status: 200, body: true });
        else {
          this.#propose({ f: 'destroy', id: question.id }, answer, () => {
            this.#forget(question.id);
            return { status: 200, body: true };
          });
        }
        return nothing;
      case 'transact':
        this.#propose({ f: 'transact', operations: question.operations }, answer, answerOf);
        return nothing;
      case 'get':
        return this.#get(question, answer);
    }
  }

  #onLeader(leader: number | undefined): void {
    for (const stop of this.#timers.values()) stop();
    this.#timers.clear();
    // A new leader knows all sessions once it has committed something of its own; they begin anew.
    if (leader === this.#index) {
      this.raft.read(() => {
        for (const id of this.#state.sessions.keys()) if (!this.#timers.has(id)) this.#keep(id);
      });
    }
    if (leader === undefined) return;
    for (const passed of this.#passed) {
      if (passed.leader === leader) continue;
      this.#passed.delete(passed);
      passed.over = true;
      if (passed.question.f === 'get') this.#ask(passed.question, passed.exchange);
      else passed.exchange.answer(BROKEN);
    }
  }

  #ask(question: Question, exchange: Exchange): void {
    let waiting = true;
    const late = this.#around.after(HOLD_MS, () => {
      if (waiting) exchange.answer(NO_LEADER);
      waiting = false;
    });
    this.raft.leadership.whenKnown((leader) => {
      if (!waiting) return;
      waiting = false;
      late();
      if (leader === this.#index) exchange.onGone = this.answer(question, (response) => exchange.answer(response));
      else this.#pass(leader, question, exchange);
    });
  }

  #pass(leader: number, question: Question, exchange: Exchange): void {
    const passed = { leader, question, exchange, over: false };
    this.#passed.add(passed);
    const back: Answer = (response) =>
      this.#mesh.send(leader, this.#index, () => {
        this.#passed.delete(passed);
        if (!passed.over) exchange.answer(response);
      });
    this.#mesh.send(this.#index, leader, () => {
      const end = this.#peers[leader]?.answer(question, back);
      exchange.onGone = () => {
        this.#passed.delete(passed);
        end?.();
      };
    });
  }

  #propose(command: Command, answer: Answer, answerTo: (result: TransactionResult) => Response): void {
    this.raft.propose(
      command,
      (result) => answer(answerTo(result)),
      () => answer(LOST),
    );
  }

  #get({ key, consistent, index, waitMs }: Question & { f: 'get' }, answer: Answer): () => void {
    if (index > 0) return this.#queries.wait(key, index, waitMs, (entry) => answer(this.#found(entry)));
    const look = (): void => answer(this.#found(this.#state.get(key)));
    if (consistent) this.raft.read(look);
    else look();
    return () => undefined;
  }

  #found(entry: Entry | undefined): Response {
    const index = Math.max(1, entry?.modifyIndex ?? this.#state.keyIndex);
    const headers = { 'X-Consul-Index': String(index) };
    if (entry === undefined) return { status: 404, headers };
    return { status: 200, headers, body: [{ ...bodyOf(entry), Value: entry.value }] };
  }

  /** Begins to count its time to live anew. */
  #keep(id: string): void {
    const ttlMs = this.#state.sessions.get(id)?.ttlMs ?? 0;
    this.#forget(id);
    if (!this.raft.leads) return;
    const end = (): void => this.raft.propose({ f: 'destroy', id }, () => undefined);
    this.#timers.set(id, this.#around.after(ttlMs * TTL_MULTIPLIER, end));
  }

  #forget(id: string): void {
    this.#timers.get(id)?.();
    this.#timers.delete(id);
  }

  #newId(): string {
    const digits = Array.from({ length: 4 }, () => this.#around.random.bits().toString(16).padStart(8, '0')).join('');
    return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  }
}

const CONFLICT = 409;

function answerOf({ entries, errors }: TransactionResult): Response {
  const Errors = errors.map(({ operation, what }) => ({ OpIndex: operation, What: what }));
  if (errors.length > 0) return { status: CONFLICT, body: { Results: null, Errors } };
  const Results = entries.map(({ entry, withValue }) => ({
    KV: { ...bodyOf(entry), Value: withValue ? entry.value : null },
  }));
  return { status: 200, body: { Results, Errors: null } };
}

function bodyOf({ key, session, lockIndex, createIndex, modifyIndex }: Entry): object {
  const held = session === undefined ? {} : { Session: session };
  return {
    ...{ LockIndex: lockIndex, Key: key, Flags: 0, ...held },
    ...{ CreateIndex: createIndex, ModifyIndex: modifyIndex },
  };
}
