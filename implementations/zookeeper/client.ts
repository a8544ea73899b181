/** The part of `node-zookeeper-client` that the lock uses, and what its errors say about the outcome. */
import type { Socket } from 'node:net';
import { LockBackendError, LockOutcomeUnknownError } from '../lock.ts';
import type { LockError } from '../lock.ts';

export interface ZookeeperStat {
  /** 8 bytes, as all zxids: when the node was created. */
  readonly czxid: Buffer;
  /** When a child of the node was last created or deleted. */
  readonly pzxid: Buffer;
  /** The same in milliseconds of the server's wall clock: when the node was created, and when it was last written to. */
  readonly ctime: Buffer;
  readonly mtime: Buffer;
}

/** An error, if it is one, is one of the client's exceptions. */
type Callback<T extends unknown[]> = (error: object | null, ...values: T) => void;

/** A client of `node-zookeeper-client`: one session. */
export interface ZookeeperClient {
  connect(): void;
  close(): void;
  /** In milliseconds; once connected, what the server has agreed to. */
  getSessionTimeout(): number;
  on(event: 'state', listener: (state: { readonly name: string }) => void): unknown;
  create(path: string, data: Buffer, mode: number, callback: Callback<[string]>): void;
  remove(path: string, version: number, callback: Callback<[]>): void;
  setData(path: string, data: Buffer, version: number, callback: Callback<[ZookeeperStat]>): void;
  exists(path: string, callback: Callback<[ZookeeperStat | null]>): void;
  getChildren(path: string, callback: Callback<[string[], ZookeeperStat]>): void;
  getChildren(path: string, watcher: () => void, callback: Callback<[string[], ZookeeperStat]>): void;
}

/** What the client keeps to itself and a watchdog needs: it never gives up a connection that has fallen silent. */
export interface ConnectionInternals {
  readonly connectionManager?: {
    readonly socket?: Socket;
    /** In the order in which they are tried. */
    servers: readonly { readonly host: string; readonly port: number | string }[];
    /** The begin of a reply whose rest was lost with its connection; the client takes the next reply for that rest. */
    pendingBuffer: Buffer | null;
    /** What it does on a connection that has come about: it asks for its session. */
    onSocketConnected: () => void;
    /** How long a connection may take to come about, in milliseconds, and the timer of the one that is under way. */
    connectTimeout: number;
    readonly connectTimeoutHandler?: NodeJS.Timeout;
  };
}

/** `CreateMode` of the client. */
export const PERSISTENT = 0;
export const EPHEMERAL_SEQUENTIAL = 3;

/** Codes of ZooKeeper's `KeeperException`. */
const CODE = { connectionLoss: -4, noNode: -101, noAuth: -102, nodeExists: -110, notEmpty: -111, expired: -112 };

/** Answers of the server that say something about the tree, and are no trouble. */
export class TreeError extends Error {
  readonly reason: 'no node' | 'node exists' | 'not empty';

  constructor(reason: TreeError['reason'], cause: Error) {
    super(`ZooKeeper answered: ${reason}`, { cause });
    this.name = 'TreeError';
    this.reason = reason;
  }
}

export function isNoNode(error: unknown): boolean {
  return error instanceof TreeError && error.reason === 'no node';
}

export function errorOf(cause: Error): TreeError | LockError {
  switch (codeOf(cause)) {
    case CODE.noNode:
      return new TreeError('no node', cause);
    case CODE.nodeExists:
      return new TreeError('node exists', cause);
    case CODE.notEmpty:
      return new TreeError('not empty', cause);
    case CODE.connectionLoss:
    case CODE.expired:
      return new LockOutcomeUnknownError(`ZooKeeper did not answer: ${cause.message}`, { cause });
    case CODE.noAuth:
      return new LockBackendError(
        `ZooKeeper refused: ${cause.message}: the lock needs CREATE, READ, WRITE and DELETE below its parent node`,
        'definite',
        { cause },
      );
    default:
      return new LockBackendError(`ZooKeeper refused: ${cause.message}`, 'definite', { cause });
  }
}

/** The client's exceptions have a method for it. */
function codeOf(error: Error & { getCode?: unknown }): unknown {
  return typeof error.getCode === 'function' ? Reflect.apply(error.getCode, error, []) : undefined;
}
