/** The parents of the lock nodes: made when missing, and removed again when a lock has not been used for a while. */
import type { Clock, Timer } from '../lease/clock.ts';
import { within } from '../lease/within.ts';
import { PERSISTENT, TreeError } from './client.ts';
import type { Session } from './session.ts';

const LINGER_MS = 2000;
const NOTHING = Buffer.alloc(0);

/** A number that the server appends starts anew with a new parent; fencing tokens do not, for they are zxids. */
export class Parents {
  readonly #session: () => Session;
  readonly #clock: Clock;
  readonly #idle = new Map<string, Timer>();

  /** `session` throws while there is none that is connected. */
  constructor(session: () => Session, clock: Clock) {
    this.#session = session;
    this.#clock = clock;
  }

  async make(session: Session, path: string): Promise<void> {
    try {
      await session.run<string>((client, done) => client.create(path, NOTHING, PERSISTENT, done));
    } catch (error) {
      if (!(error instanceof TreeError && error.reason === 'node exists')) throw error;
    }
  }

  /** It is used now; when it has not been for a while, it is removed, unless somebody else uses it. */
  used(path: string): void {
    this.#idle.get(path)?.close();
    const timer = this.#clock.setTimer(() => {
      this.#remove(path).then(
        () => this.#idle.delete(path),
        () => this.used(path),
      );
    }, LINGER_MS);
    timer.unref();
    this.#idle.set(path, timer);
  }

  /** Removes all that are idle. */
  async close(withinMs: number): Promise<void> {
    const paths = [...this.#idle.keys()];
    for (const timer of this.#idle.values()) timer.close();
    this.#idle.clear();
    const removals = Promise.allSettled(paths.map((path) => this.#remove(path)));
    await within(this.#clock, removals, withinMs).catch(() => undefined);
  }

  /** @throws when it cannot be asked */
  async #remove(path: string): Promise<void> {
    try {
      await this.#session().run<void>((client, done) => client.remove(path, -1, done));
    } catch (error) {
      if (!(error instanceof TreeError)) throw error;
    }
  }
}
