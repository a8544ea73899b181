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

/** What the server appends its number to. The token makes one's own node known again after a lost reply. */
export function nodePrefix(mode: Mode, token: string): string {
  return `${mode}-${token}-`;
}

/** In the order of their creation. Compared as numbers and in a parent of their own, not as names of a common one. */
export function lockNodes(children: readonly string[]): LockNode[] {
  return children.flatMap((child) => parse(child) ?? []).toSorted((a, b) => a.sequence - b.sequence);
}

function parse(name: string): LockNode | undefined {
  const [, mode, token, sequence] = NAME.exec(name) ?? [];
  if ((mode !== 'exclusive' && mode !== 'shared') || token === undefined) return undefined;
  return { name, mode, token, sequence: Number(sequence) };
}

/**
 * The one whose end `own` has to wait for: the node just before it, or, for a shared one, the last exclusive node before
 * it. `undefined`: nobody, the lock is its own.
 */
export function nodeAhead(nodes: readonly LockNode[], own: LockNode): LockNode | undefined {
  return nodes.findLast(
    (node) => node.sequence < own.sequence && (own.mode === 'exclusive' || node.mode === 'exclusive'),
  );
}

/** Those who hold the lock now. */
export function holders(nodes: readonly LockNode[]): LockNode[] {
  return nodes.filter((node) => nodeAhead(nodes, node) === undefined);
}

/** The node below which a lock's own nodes lie. */
export function pathOf(prefix: string, key: string): string {
  return `/${plainName(prefix + key)}`;
}
