/**
 * Redlock (https://redis.io/docs/latest/develop/use/patterns/distributed-locks/): the same key on a majority of N
 * independent servers. It survives the loss of a minority of them; it issues no fencing token, and it rests on clocks
 * that run at about the same speed, and on servers that do not forget a key before it expires.
 */
import { LockBackendError, LockOutcomeUnknownError, isLockError } from '../lock.ts';
import type { Inspection, ReleaseOutcome } from '../lock.ts';
import type { Answer, Grant, LeaseBackend, LeaseRequest, WakeUps } from '../lease/backend.ts';
import { systemClock } from '../lease/clock.ts';
import type { Clock } from '../lease/clock.ts';
import { LeaseLock } from '../lease/lease-lock.ts';
import { atLeast } from '../lease/options.ts';
import type { LeaseLockOptions } from '../lease/options.ts';
import { RedisNode } from './node.ts';
import { checkApart } from './client.ts';
import type { RedisClient } from './client.ts';
import { poll } from './votes.ts';
import type { Votes } from './votes.ts';
import { SCATTER_MS, scatteredWakeUps } from './wake-ups.ts';

export interface RedlockOptions extends LeaseLockOptions {
  /** One client per independent master. */
  readonly clients: readonly RedisClient[];
  /** Connections of their own for wake-ups, in the same order. Without them waiters only poll (`retry`). */
  readonly subscribers?: readonly RedisClient[];
  /** Every key and channel begins with it. Default `holdfast:`. */
  readonly prefix?: string;
  /** How long one node may take to answer. Default: a tenth of the lease, from 20 to 250 ms. */
  readonly nodeTimeoutMs?: number;
}

/** Any two majorities have a node in common, also those of an even number of nodes. */
function majorityOf(nodes: number): number {
  return Math.floor(nodes / 2) + 1;
}

export class RedlockBackend implements LeaseBackend {
  readonly shares = false;
  readonly wakeUps: WakeUps | undefined;
  protected readonly nodes: readonly RedisNode[];
  readonly #subscribers: readonly RedisClient[];
  readonly #quorum: number;
  /** Nodes that an attempt may have left something on; a node that certainly was not reached is not among them. */
  readonly #touched = new WeakMap<LeaseRequest, Set<RedisNode>>();
  readonly #clock: Clock;
  readonly #nodeTimeoutMs: number | undefined;
  readonly #random: () => number;

  constructor(options: RedlockOptions, quorum = majorityOf(options.clients.length)) {
    const { clients, subscribers = [], prefix = 'holdfast:', clock = systemClock } = options;
    atLeast('number of clients', clients.length, 1);
    this.nodes = clients.map((client) => new RedisNode(client, { prefix, fenced: false }));
    checkApart(clients, subscribers);
    this.#subscribers = subscribers;
    this.#quorum = quorum;
    this.#clock = clock;
    this.#nodeTimeoutMs = options.nodeTimeoutMs;
    this.#random = options.random ?? Math.random;
    const [node] = this.nodes;
    if (subscribers.length > 0 && node !== undefined) {
      this.wakeUps = scatteredWakeUps({
        ...{ subscribers, quorum, clock, random: this.#random },
        channelOf: (key) => node.channel(key),
        listeners: (channel) => node.listeners(channel),
      });
    }
  }

  async attempt(request: LeaseRequest): Promise<Answer> {
    const quorum = this.#quorum;
    const spare = this.nodes.length - quorum;
    const touched = new Set(this.nodes);
    this.#touched.set(request, touched);
    const votes = await this.ask(
      this.nodes,
      (node) =>
        node.attempt(request).catch((error: unknown) => {
          if (isLockError(error) && error.outcome === 'definite') touched.delete(node);
          throw error;
        }),
      request.leaseMs,
      ({ answers, failures, missing }) => {
        const granted = count(answers, ({ kind }) => kind === 'granted');
        return granted >= quorum || granted + missing < quorum || failures.length > spare;
      },
    );
    const { missing } = votes;
    const granted = count(votes.answers, ({ kind }) => kind === 'granted');
    if (granted >= quorum) return { kind: 'granted' };
    // If time ran out before the result was clear, a node that is missing counts as failed.
    const failed = votes.failures.length + (granted + missing >= quorum ? missing : 0);
    if (failed > spare) throw this.#trouble(request.key, votes);
    // Whoever holds it; or several asked at once, and none has a majority: each withdraws and asks again later.
    return { kind: 'busy', partial: true, retryAfterMs: this.#freeAfterMs(votes.answers, quorum - granted) };
  }

  /** When so many more nodes will be free by expiry at the latest; scattered, so that waiters do not split the vote. */
  #freeAfterMs(answers: readonly Answer[], more: number): number | undefined {
    const waits = answers.map((answer) => (answer.kind === 'busy' ? answer.retryAfterMs : undefined));
    const known = waits.filter((wait) => wait !== undefined).toSorted((a, b) => a - b);
    const lastMs = known[more - 1];
    return lastMs === undefined ? undefined : lastMs + this.#random() * SCATTER_MS;
  }

  async extend(grant: Grant): Promise<'extended' | 'lost'> {
    const spare = this.nodes.length - this.#quorum;
    const votes = await this.ask(
      this.nodes,
      (node) => node.extend(grant),
      grant.leaseMs,
      ({ answers }) => {
        const extended = count(answers, (answer) => answer === 'extended');
        return extended >= this.#quorum || answers.length - extended > spare;
      },
    );
    const extended = count(votes.answers, (answer) => answer === 'extended');
    if (extended >= this.#quorum) return 'extended';
    if (votes.answers.length - extended > spare) return 'lost';
    throw this.#trouble(grant.key, votes);
  }

  async free(grant: Grant): Promise<ReleaseOutcome> {
    const spare = this.nodes.length - this.#quorum;
    const votes = await this.ask(
      this.nodes,
      (node) => node.free(grant),
      grant.leaseMs,
      ({ answers }) =>
        count(answers, (answer) => answer === 'released') >= this.#quorum ||
        count(answers, (answer) => answer === 'lost') > spare,
    );
    if (count(votes.answers, (answer) => answer === 'released') >= this.#quorum) return 'released';
    if (count(votes.answers, (answer) => answer === 'lost') > spare) return 'lost';
    if (votes.failures.length + votes.missing > 0) throw this.#trouble(grant.key, votes);
    return 'unknown';
  }

  /** On all nodes that the request may have reached, until each has confirmed. */
  async undo(request: LeaseRequest): Promise<void> {
    const touched = this.#touched.get(request) ?? new Set(this.nodes);
    const votes = await this.ask(
      [...touched],
      // Unannounced: those whom a split vote has turned away would only meet again.
      (node) => node.undo(request, false).then(() => touched.delete(node)),
      request.leaseMs,
      () => false,
    );
    if (votes.failures.length + votes.missing > 0) throw this.#trouble(request.key, votes);
  }

  async inspect(key: string): Promise<Inspection> {
    const votes = await this.ask(
      this.nodes,
      (node) => node.inspect(key),
      Infinity,
      () => false,
    );
    if (votes.answers.length < this.#quorum) throw this.#trouble(key, votes);
    for (const { token } of votes.answers) {
      const agreeing = votes.answers.filter((answer) => answer.held && answer.token === token);
      if (token === undefined || agreeing.length < this.#quorum) continue;
      const remainingMs = agreeing.map((answer) => answer.remainingMs ?? 0).toSorted((a, b) => b - a);
      return { key, held: true, token, remainingMs: remainingMs[this.#quorum - 1] ?? 0 };
    }
    return { key, held: false };
  }

  async probe(): Promise<string | undefined> {
    const votes = await this.ask(
      this.nodes,
      (node) => node.probe(this.#subscribers[this.nodes.indexOf(node)]),
      Infinity,
      () => false,
    );
    if (votes.answers.length < this.#quorum) throw this.#trouble('', votes);
    const answering = `${votes.answers.length} of ${this.nodes.length} nodes answer`;
    const refusal = votes.answers.find((answer) => answer !== undefined);
    return refusal === undefined ? answering : `${answering}; ${refusal}`;
  }

  /** Asks the nodes all at once; does not wait for the slowest once `decided`. */
  protected ask<T>(
    nodes: readonly RedisNode[],
    question: (node: RedisNode) => Promise<T>,
    leaseMs: number,
    decided: (votes: Votes<T>) => boolean,
  ): Promise<Votes<T>> {
    const limitMs = this.#nodeTimeoutMs ?? Math.min(250, Math.max(20, leaseMs / 10));
    return poll(this.#clock, nodes.map(question), limitMs, decided);
  }

  #trouble(key: string, votes: Votes<unknown>): LockBackendError | LockOutcomeUnknownError {
    const cause = new AggregateError(votes.failures, 'failures of single nodes');
    const { failures, missing } = votes;
    const message = `${failures.length} of ${this.nodes.length} nodes failed, ${missing} did not answer: ${key}`;
    const definite = failures.every((failure) => isLockError(failure) && failure.outcome === 'definite');
    // Answers that were given may be grants: only where every node refused to be asked has nothing happened.
    return definite && failures.length === this.nodes.length
      ? new LockBackendError(message, 'definite', { cause })
      : new LockOutcomeUnknownError(message, { cause });
  }
}

function count<T>(answers: readonly T[], predicate: (answer: T) => boolean): number {
  let matching = 0;
  for (const answer of answers) if (predicate(answer)) matching += 1;
  return matching;
}

/** Random, so that those who split the vote do not meet again. */
const RETRY = { delayMs: 60, factor: 1.5, maxDelayMs: 250, jitter: 0.8 };

export class Redlock extends LeaseLock {
  constructor(options: RedlockOptions, backend = new RedlockBackend(options)) {
    super(backend, { ...options, retry: { ...RETRY, ...options.retry } });
  }
}
