/** What etcd keeps, the same on every member: keys with their revisions, and leases. */
import { Message } from 'holdfast-locks/internal/etcd/protobuf';
import type { Compare, Operation, RangeRequest, Txn } from './requests.ts';

export type Command =
  | { readonly f: 'grant'; readonly id: bigint; readonly ttlSeconds: number }
  | { readonly f: 'revoke'; readonly id: bigint }
  | { readonly f: 'transact'; readonly txn: Txn };

export type Result = Message | 'lease not found' | 'lease exists';

interface Pair {
  readonly key: string;
  readonly createRevision: number;
  readonly modRevision: number;
  readonly version: number;
  readonly lease: bigint;
}

export interface Change {
  readonly revision: number;
  readonly type: 'put' | 'delete';
  readonly pair: Pair;
}

export class Store {
  /** Of the last change; a new store is at 1. */
  revision = 1;
  /** Of all keys since the beginning. */
  changes: Change[] = [];
  /** Lease → seconds to live. */
  readonly leases = new Map<bigint, number>();
  readonly #pairs = new Map<string, Pair>();
  /** Changes of the transaction that is going on. */
  #pending: Change[] = [];

  apply(command: Command): Result {
    switch (command.f) {
      case 'grant':
        if (this.leases.has(command.id)) return 'lease exists';
        this.leases.set(command.id, command.ttlSeconds);
        return this.answer().integer(2, command.id).integer(3, command.ttlSeconds);
      case 'revoke':
        return this.#revoke(command.id);
      case 'transact':
        return this.transact(command.txn);
    }
  }

  reset(): void {
    this.revision = 1;
    this.changes = [];
    this.leases.clear();
    this.#pairs.clear();
  }

  /** Of a store that nothing is written to, if nothing in it writes. */
  transact({ compare, success, failure }: Txn): Result {
    const succeeded = compare.every((one) => this.#holds(one));
    const operations = succeeded ? success : failure;
    const missing = operations.some((one) => one.f === 'put' && one.lease !== 0n && !this.leases.has(one.lease));
    if (missing) return 'lease not found';
    const answers = operations.map((one) => this.#operate(one));
    this.#commit();
    const response = this.answer().integer(2, succeeded ? 1 : 0);
    for (const answer of answers) response.message(3, answer);
    return response;
  }

  range(request: RangeRequest): Message {
    const pairs = this.#inRange(request.key, request.end);
    const chosen = pairs.filter((pair) => request.createdUpTo === 0 || pair.createRevision <= request.createdUpTo);
    if (request.order === 'oldest first') chosen.sort((a, b) => a.createRevision - b.createRevision);
    if (request.order === 'newest first') chosen.sort((a, b) => b.createRevision - a.createRevision);
    const { limit } = request;
    const found = limit > 0 ? chosen.slice(0, limit) : chosen;
    const response = this.answer();
    for (const pair of found) response.message(2, encodePair(pair));
    return response.integer(3, limit > 0 && chosen.length > limit ? 1 : 0).integer(4, pairs.length);
  }

  /** The beginning of every answer: its header. */
  answer(): Message {
    return new Message().message(1, new Message().integer(3, this.#now));
  }

  get #now(): number {
    return this.revision + (this.#pending.length > 0 ? 1 : 0);
  }

  #revoke(id: bigint): Result {
    if (!this.leases.delete(id)) return 'lease not found';
    for (const pair of [...this.#pairs.values()]) if (pair.lease === id) this.#remove(pair);
    this.#commit();
    return this.answer();
  }

  #holds({ key, end, createRevision }: Compare): boolean {
    const pairs = this.#inRange(key, end);
    // Of no key at all, everything is 0.
    if (pairs.length === 0) return createRevision === 0;
    return pairs.every((pair) => pair.createRevision === createRevision);
  }

  #operate(operation: Operation): Message {
    switch (operation.f) {
      case 'range':
        return new Message().message(1, this.range(operation.range));
      case 'put':
        this.#put(operation.key, operation.lease);
        return new Message().message(2, this.answer());
      case 'delete': {
        const pairs = this.#inRange(operation.key, operation.end);
        for (const pair of pairs) this.#remove(pair);
        return new Message().message(3, this.answer().integer(2, pairs.length));
      }
    }
  }

  #put(key: string, lease: bigint): void {
    const before = this.#pairs.get(key);
    const revision = this.revision + 1;
    const pair = {
      ...{ key, lease, modRevision: revision, createRevision: before?.createRevision ?? revision },
      version: (before?.version ?? 0) + 1,
    };
    this.#pairs.set(key, pair);
    this.#pending.push({ revision, type: 'put', pair });
  }

  #remove(pair: Pair): void {
    this.#pairs.delete(pair.key);
    const revision = this.revision + 1;
    const gone = { key: pair.key, createRevision: 0, modRevision: revision, version: 0, lease: 0n };
    this.#pending.push({ revision, type: 'delete', pair: gone });
  }

  #commit(): void {
    if (this.#pending.length === 0) return;
    this.revision += 1;
    this.changes.push(...this.#pending);
    this.#pending = [];
  }

  /** In the order of the keys. */
  #inRange(key: string, end: string): Pair[] {
    if (end === '') return [this.#pairs.get(key)].filter((pair) => pair !== undefined);
    return [...this.#pairs.values()]
      .filter((pair) => pair.key >= key && (end === '\0' || pair.key < end))
      .toSorted((a, b) => (a.key < b.key ? -1 : 1));
  }
}

export function encodePair({ key, createRevision, modRevision, version, lease }: Pair): Message {
  return new Message()
    .bytes(1, key)
    .integer(2, createRevision)
    .integer(3, modRevision)
    .integer(4, version)
    .integer(6, lease);
}
