/** What ZooKeeper keeps, the same on every server: a tree of nodes, and the sessions that some of them live with. */
import type { JuteWriter } from './jute.ts';

export type Command =
  | { readonly f: 'open'; readonly session: bigint; readonly timeoutMs: number }
  | { readonly f: 'close'; readonly session: bigint }
  | {
      readonly f: 'create';
      readonly session: bigint;
      readonly path: string;
      readonly data: Buffer;
      readonly ephemeral: boolean;
      readonly sequential: boolean;
    }
  | { readonly f: 'delete'; readonly session: bigint; readonly path: string; readonly version: number }
  | {
      readonly f: 'set';
      readonly session: bigint;
      readonly path: string;
      readonly data: Buffer;
      readonly version: number;
    }
  /** What the leader has refused. */
  | { readonly f: 'refused'; readonly session: bigint; readonly error: number };

export interface Result {
  readonly zxid: number;
  /** 0: done. */
  readonly error: number;
  /** Of what was created. */
  readonly path?: string;
  /** Of what was set. */
  readonly node?: Readonly<Node>;
}

/** Codes of ZooKeeper's `KeeperException`. */
export const ERROR = {
  noNode: -101,
  badVersion: -103,
  noChildrenForEphemerals: -108,
  nodeExists: -110,
  notEmpty: -111,
  sessionExpired: -112,
  sessionMoved: -118,
} as const;

export const EVENT = { created: 1, deleted: 2, dataChanged: 3, childrenChanged: 4 } as const;

export interface Change {
  readonly type: number;
  readonly path: string;
  /** Which watches it triggers. */
  readonly watches: readonly ('data' | 'children')[];
}

export interface Node {
  readonly children: Set<string>;
  /** Children that were ever created: the next sequential one has this number. */
  births: number;
  data: Buffer;
  version: number;
  readonly owner: bigint;
  readonly czxid: number;
  mzxid: number;
  /** Of the last creation or deletion of a child. */
  pzxid: number;
}

const SEQUENCE_DIGITS = 10;

export class Tree {
  /** Session → its timeout. */
  readonly sessions = new Map<bigint, number>();
  /** Of the last transaction. */
  zxid = 0;
  onChange: (change: Change) => void = () => undefined;
  readonly #nodes = new Map<string, Node>([['/', newNode(0n, 0, Buffer.alloc(0))]]);

  node(path: string): Readonly<Node> | undefined {
    return this.#nodes.get(path);
  }

  /** Every one has a number of its own, also if it is refused. */
  apply(command: Command): Result {
    this.zxid += 1;
    const { zxid } = this;
    if (command.f === 'open') {
      this.sessions.set(command.session, command.timeoutMs);
      return { zxid, error: 0 };
    }
    if (command.f === 'refused') return { zxid, error: command.error };
    if (!this.sessions.has(command.session)) return { zxid, error: ERROR.sessionExpired };
    const outcome = this.#run(command);
    return typeof outcome === 'number' ? { zxid, error: outcome } : { zxid, error: 0, ...outcome };
  }

  reset(): void {
    this.sessions.clear();
    this.zxid = 0;
    this.#nodes.clear();
    this.#nodes.set('/', newNode(0n, 0, Buffer.alloc(0)));
  }

  /** @returns what was done, or why it was not */
  #run(command: Exclude<Command, { f: 'open' | 'refused' }>): Omit<Result, 'zxid' | 'error'> | number {
    switch (command.f) {
      case 'close':
        this.sessions.delete(command.session);
        for (const [path, { owner }] of [...this.#nodes]) if (owner === command.session) this.#remove(path);
        return {};
      case 'create':
        return this.#create(command);
      case 'delete': {
        const node = this.#nodes.get(command.path);
        if (node === undefined) return ERROR.noNode;
        if (command.version !== -1 && command.version !== node.version) return ERROR.badVersion;
        if (node.children.size > 0) return ERROR.notEmpty;
        this.#remove(command.path);
        return {};
      }
      case 'set': {
        const node = this.#nodes.get(command.path);
        if (node === undefined) return ERROR.noNode;
        if (command.version !== -1 && command.version !== node.version) return ERROR.badVersion;
        node.data = command.data;
        node.version += 1;
        node.mzxid = this.zxid;
        this.onChange({ type: EVENT.dataChanged, path: command.path, watches: ['data'] });
        // As it is now: it may change before the answer is sent.
        return { node: { ...node, children: new Set(node.children) } };
      }
    }
  }

  #create({ session, data, ephemeral, sequential, path: asked }: Command & { f: 'create' }): { path: string } | number {
    const parentPath = parentOf(asked);
    const parent = this.#nodes.get(parentPath);
    if (parent === undefined) return ERROR.noNode;
    const path = sequential ? asked + String(parent.births).padStart(SEQUENCE_DIGITS, '0') : asked;
    if (this.#nodes.has(path)) return ERROR.nodeExists;
    if (parent.owner !== 0n) return ERROR.noChildrenForEphemerals;
    this.#nodes.set(path, newNode(ephemeral ? session : 0n, this.zxid, data));
    parent.children.add(nameOf(path));
    parent.births += 1;
    parent.pzxid = this.zxid;
    this.onChange({ type: EVENT.created, path, watches: ['data'] });
    this.onChange({ type: EVENT.childrenChanged, path: parentPath, watches: ['children'] });
    return { path };
  }

  #remove(path: string): void {
    this.#nodes.delete(path);
    const parentPath = parentOf(path);
    const parent = this.#nodes.get(parentPath);
    parent?.children.delete(nameOf(path));
    if (parent !== undefined) parent.pzxid = this.zxid;
    this.onChange({ type: EVENT.deleted, path, watches: ['data', 'children'] });
    this.onChange({ type: EVENT.childrenChanged, path: parentPath, watches: ['children'] });
  }
}

function newNode(owner: bigint, zxid: number, data: Buffer): Node {
  return { children: new Set(), births: 0, data, version: 0, owner, czxid: zxid, mzxid: zxid, pzxid: zxid };
}

const parentOf = (path: string): string => path.slice(0, path.lastIndexOf('/')) || '/';
const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

/** What is said of a node; its times are not simulated. */
export function writeStat(writer: JuteWriter, node: Readonly<Node>): JuteWriter {
  const deaths = node.births - node.children.size;
  return writer
    .long(node.czxid)
    .long(node.mzxid)
    .long(0)
    .long(0)
    .int(node.version)
    .int(node.births + deaths)
    .int(0)
    .long(node.owner)
    .int(node.data.length)
    .int(node.children.size)
    .long(node.pzxid);
}
