/** How servers stand together under one lock: a backend's answer to one topology. */
import type { Endpoint } from 'holdfast-locks';
import type { ServerDefinition } from './server.ts';

export interface Layout {
  /** One for each node, by index; those with data first. */
  readonly nodes: readonly [ServerDefinition, ...ServerDefinition[]];
  /** Nodes whose endpoints the lock is given. Default: all. */
  readonly entrances?: readonly number[];
  /** Nodes that must answer before this one starts. Default: none. */
  startsAfter?(index: number): readonly number[];
  /**
   * Makes started servers one, and settles when they are; also after all of them have lost their data. `announced` is
   * where the nodes reach each other.
   */
  form?(nodes: readonly Endpoint[], announced: readonly Endpoint[], signal: AbortSignal): Promise<void>;
  /** Who leads now: the primary that takes writes, or the elected leader; `undefined` while nobody does. */
  leader?(nodes: readonly Endpoint[]): Promise<number | undefined>;
  /** Puts another in the place of a leader that was killed, where the servers do not do so by themselves. */
  promote?(nodes: readonly Endpoint[], killed: number): Promise<void>;
  /** The killed leader must begin anew, as a follower of the next one: its data is thrown away. */
  readonly rejoinsEmpty?: boolean;
}

/** A single server that stands alone. */
export const single = (server: ServerDefinition): Layout => ({ nodes: [server] });

/** Several that know nothing of each other, or learn of each other from their own arguments. */
export const several = (server: ServerDefinition, count: number): Pick<Layout, 'nodes'> => ({
  nodes: [server, ...Array.from({ length: count - 1 }, () => server)],
});
