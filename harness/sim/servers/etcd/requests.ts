/** The requests of etcd that locks make, read by the field numbers of `etcdserverpb/rpc.proto`; others end the run. */
import type { Received } from 'holdfast-locks/internal/etcd/protobuf';

export interface RangeRequest {
  readonly key: string;
  /** Exclusive; `''`: the one key. */
  readonly end: string;
  readonly limit: number;
  readonly order: 'key' | 'oldest first' | 'newest first';
  /** 0: whenever. */
  readonly createdUpTo: number;
}

export interface Compare {
  readonly key: string;
  readonly end: string;
  readonly createRevision: number;
}

export type Operation =
  | { readonly f: 'range'; readonly range: RangeRequest }
  | { readonly f: 'put'; readonly key: string; readonly lease: bigint }
  | { readonly f: 'delete'; readonly key: string; readonly end: string };

export interface Txn {
  readonly compare: readonly Compare[];
  readonly success: readonly Operation[];
  readonly failure: readonly Operation[];
}

type Unsupported = (what: string) => never;

const [ASCENDING, DESCENDING, BY_CREATION] = [1n, 2n, 2n];

export function rangeOf(request: Received, unsupported: Unsupported): RangeRequest {
  // Of a revision, serializable, keys only, counts only, and bounds but the one on creation.
  const others = [4, 7, 8, 9, 10, 11, 12].filter((field) => request.has(field));
  if (others.length > 0) unsupported(`a range request of etcd with field ${others.join()} is not simulated`);
  return {
    key: request.text(1),
    end: request.text(2),
    limit: Number(request.integer(3)),
    order: orderOf(request, unsupported),
    createdUpTo: Number(request.integer(13)),
  };
}

function orderOf(request: Received, unsupported: Unsupported): RangeRequest['order'] {
  const order = request.integer(5);
  if (order === 0n) return 'key';
  if (request.integer(6) !== BY_CREATION)
    unsupported('a range request of etcd ordered by something else than creation');
  if (order === ASCENDING) return 'oldest first';
  if (order === DESCENDING) return 'newest first';
  return unsupported(`a range request of etcd with sort order ${order} is not simulated`);
}

export function txnOf(request: Received, unsupported: Unsupported): Txn {
  const operation = (one: Received): Operation => operationOf(one, unsupported);
  return {
    compare: request.messages(1).map((one) => compareOf(one, unsupported)),
    success: request.messages(2).map(operation),
    failure: request.messages(3).map(operation),
  };
}

const [EQUAL, CREATION] = [0n, 1n];

function compareOf(compare: Received, unsupported: Unsupported): Compare {
  if (compare.integer(1) !== EQUAL || compare.integer(2) !== CREATION) {
    unsupported('a comparison of etcd with something else than a revision of creation is not simulated');
  }
  return { key: compare.text(3), end: compare.text(64), createRevision: Number(compare.integer(5)) };
}

function operationOf(operation: Received, unsupported: Unsupported): Operation {
  if (operation.has(1)) return { f: 'range', range: rangeOf(operation.message(1), unsupported) };
  if (operation.has(2)) {
    const put = operation.message(2);
    return { f: 'put', key: put.text(1), lease: put.integer(3) };
  }
  if (operation.has(3)) {
    const range = operation.message(3);
    return { f: 'delete', key: range.text(1), end: range.text(2) };
  }
  return unsupported('a transaction within a transaction of etcd is not simulated');
}

export const isReadOnly = ({ success, failure }: Txn): boolean =>
  [...success, ...failure].every(({ f }) => f === 'range');
