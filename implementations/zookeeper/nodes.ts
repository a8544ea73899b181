/** The children of a lock's node: how they are named, and who stands before whom. */
import { plainName } from '../key.ts';
import type { Mode } from '../lock.ts';

export interface LockNode {
  readonly name: string;
  readonly mode: Mode;
  readonly token: string;
  /** As the parent counted it: the order of creation. */
  readonly sequence: number;
}

const NAME = /^(exclusive|shared)-([0-9a-f]{32})-(\d{10})$/;

/** How the nodes of a lock are told from others, and put in order. */
export interface Naming {
  /** What the server appends its number to. The token makes one's own node known again after a lost reply. */
  prefix(mode: Mode, token: string): string;
  /** Those of the lock, the first in the queue first. */
  queue(children: readonly string[]): LockNode[];
}

/** Each lock has a parent of its own; the order is that of creation, compared as numbers. */
export const naming: Naming = {
  prefix: (mode, token) => `${mode}-${token}-`,
  queue: (children) => children.flatMap((child) => parse(child) ?? []).toSorted((a, b) => a.sequence - b.sequence),
};

function parse(name: string): LockNode | undefined {
  const [, mode, token, sequence] = NAME.exec(name) ?? [];
  if ((mode !== 'exclusive' && mode !== 'shared') || token === undefined) return undefined;
  return { name, mode, token, sequence: Number(sequence) };
}

/**
 * The one whose end `own` has to wait for: the node just before it in the queue, or, for a shared one, the last exclusive
 * node before it. `undefined`: nobody, the lock is its own.
 */
export function nodeAhead(queue: readonly LockNode[], own: Pick<LockNode, 'name' | 'mode'>): LockNode | undefined {
  const place = queue.findIndex(({ name }) => name === own.name);
  return queue.slice(0, Math.max(0, place)).findLast(({ mode }) => own.mode === 'exclusive' || mode === 'exclusive');
}

/** Those who hold the lock now. */
export function holders(nodes: readonly LockNode[]): LockNode[] {
  return nodes.filter((node) => nodeAhead(nodes, node) === undefined);
}

/** The node below which a lock's own nodes lie. */
export function pathOf(prefix: string, key: string): string {
  return `/${plainName(prefix + key)}`;
}
