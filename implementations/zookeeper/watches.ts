/** Watches on nodes that others wait to see gone. */
import { isNoNode } from './client.ts';
import type { Session } from './session.ts';

interface Watched {
  readonly wakes: Set<() => void>;
  readonly gone: () => void;
}

/**
 * A watch cannot be taken back: the client keeps every function that it is given until the node has gone. So all who wait
 * for one node, now and later, share one.
 */
export class Watches {
  static readonly #ofSessions = new WeakMap<Session, Watches>();

  static of(session: Session): Watches {
    const watches = this.#ofSessions.get(session) ?? new Watches(session);
    this.#ofSessions.set(session, watches);
    return watches;
  }

  readonly #session: Session;
  readonly #nodes = new Map<string, Watched>();

  private constructor(session: Session) {
    this.#session = session;
  }

  /** Calls `wake` when the node has gone, or `fail` when it could not be asked. Returns the function that ends it. */
  untilGone(path: string, wake: () => void, fail: (error: unknown) => void): () => void {
    const { wakes, gone } = this.#watched(path);
    wakes.add(wake);
    // A watch on its children, which it never has, is told of its own end and not of each renewal of its lease, as one on
    // its data would be; nor does it stay for ever where the node has gone already, as one on its existence would.
    const asked = this.#session.run<string[]>((client, done) => client.getChildren(path, gone, done));
    asked.catch((error: unknown) => {
      if (isNoNode(error)) gone();
      else fail(error);
    });
    return () => wakes.delete(wake);
  }

  #watched(path: string): Watched {
    const present = this.#nodes.get(path);
    if (present !== undefined) return present;
    const wakes = new Set<() => void>();
    const gone = (): void => {
      this.#nodes.delete(path);
      for (const wake of wakes) wake();
    };
    const watched = { wakes, gone };
    this.#nodes.set(path, watched);
    return watched;
  }
}
