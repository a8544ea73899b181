/** The messages of etcd's API that the lock uses, by the field numbers of `etcdserverpb/rpc.proto` and `mvccpb/kv.proto`. */
import { Message, Received } from './protobuf.ts';

export interface KeyValue {
  readonly key: string;
  readonly createRevision: bigint;
  readonly lease: bigint;
}

export interface Range {
  readonly revision: bigint;
  readonly keys: readonly KeyValue[];
  /** How many there are, whatever the limit. */
  readonly count: number;
}

export interface Transaction {
  /** Whether the condition was met. */
  readonly succeeded: boolean;
  /** Of the store after it. */
  readonly revision: bigint;
  /** What its queries found, in their order; nothing for its other operations. */
  readonly ranges: readonly Range[];
}

/** A condition of a transaction: that a key was created at this revision; at 0: that there is no such key. */
export interface Condition {
  readonly key: string;
  /** Up to here, exclusive: then it is about every key in the range. */
  readonly rangeEnd?: string;
  readonly createRevision: bigint;
}

/** An operation of a transaction. */
export type Operation = Message;

/** The first string after all that begin with `prefix`, whose last character is not the last that there is. */
export function endOf(prefix: string): string {
  return prefix.slice(0, -1) + String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1);
}

const ASCENDING = 1;
const DESCENDING = 2;
const BY_CREATION = 2;

export interface Query {
  readonly key: string;
  readonly rangeEnd?: string;
  readonly order?: 'oldest first' | 'newest first';
  readonly limit?: number;
  /** Only what was created at this revision or before. */
  readonly createdUpTo?: bigint;
}

export function rangeRequest({ key, rangeEnd = '', order, limit = 0, createdUpTo = 0n }: Query): Message {
  const request = new Message().bytes(1, key).bytes(2, rangeEnd).integer(3, limit);
  if (order !== undefined)
    request.integer(5, order === 'oldest first' ? ASCENDING : DESCENDING).integer(6, BY_CREATION);
  return request.integer(13, createdUpTo);
}

export const query = (request: Query): Operation => new Message().message(1, rangeRequest(request));

export const put = (key: string, lease: bigint): Operation =>
  new Message().message(2, new Message().bytes(1, key).integer(3, lease));

export const remove = (key: string): Operation => new Message().message(3, new Message().bytes(1, key));

const EQUAL = 0;
const CREATION = 1;
/** In a `oneof`, also a value of zero is written. */
const ZERO_REVISION = Uint8Array.of(5 << 3, 0);

export function transactionRequest(
  condition: Condition | undefined,
  whenMet: readonly Operation[],
  whenNot: readonly Operation[] = [],
): Message {
  const request = new Message();
  if (condition !== undefined) request.message(1, comparison(condition));
  for (const operation of whenMet) request.message(2, operation);
  for (const operation of whenNot) request.message(3, operation);
  return request;
}

function comparison({ key, rangeEnd = '', createRevision }: Condition): Message {
  const compare = new Message().integer(1, EQUAL).integer(2, CREATION).bytes(3, key);
  if (createRevision === 0n) compare.raw(ZERO_REVISION);
  else compare.integer(5, createRevision);
  return compare.bytes(64, rangeEnd);
}

export function transactionOf(bytes: Buffer): Transaction {
  const response = new Received(bytes);
  return {
    revision: revisionOf(response),
    succeeded: response.integer(2) === 1n,
    ranges: response
      .messages(3)
      .filter((one) => one.has(1))
      .map((one) => rangeOf(one.message(1))),
  };
}

export function rangeOf(response: Received): Range {
  const keys = response
    .messages(2)
    .map((pair) => ({ key: pair.text(1), createRevision: pair.integer(2), lease: pair.integer(6) }));
  return { revision: revisionOf(response), keys, count: Number(response.integer(4)) };
}

function revisionOf(response: Received): bigint {
  return response.message(1).integer(3);
}

export const grantRequest = (id: bigint, ttlSeconds: number): Message =>
  new Message().integer(1, ttlSeconds).integer(2, id);

/** Of a grant, a renewal or a question: what is left of the lease in seconds; at most 0 when there is no such lease. */
export const ttlOf = (bytes: Buffer): number => Number(BigInt.asIntN(64, new Received(bytes).integer(3)));

/** To revoke a lease, and to keep it alive. */
export const leaseRequest = (id: bigint): Message => new Message().integer(1, id);

export const authenticationRequest = (name: string, password: string): Message =>
  new Message().bytes(1, name).bytes(2, password);

export const tokenOf = (bytes: Buffer): string => new Received(bytes).text(2);

/** Every change of a key, from a revision on. */
export const watchRequest = (key: string, startRevision: bigint): Message =>
  new Message().message(1, new Message().bytes(1, key).integer(3, startRevision));

/** Whether it tells of a change, or of the end of the watch, rather than of its beginning. */
export function saysSomething(bytes: Buffer): boolean {
  const response = new Received(bytes);
  return response.integer(4) === 1n || response.has(11);
}
