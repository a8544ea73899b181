/** Locks by their names from one description: what they share is opened once, and closed when nobody needs it any more. */
import type { Lock } from '../../lock.ts';

/** Something that locks share, such as a client of a server or a pool of connections. */
export interface SharedClient<Client> {
  open(): Client;
  close(client: Client): unknown;
}

type Clients = Readonly<Record<string, unknown>>;

/** How locks of one type are made. `Use` of a client opens it if nobody has yet. */
export type LockType<Shared extends Clients, Options> = (
  use: <Name extends keyof Shared>(name: Name) => Shared[Name],
  options: Options,
) => Lock & { close?(): unknown };

interface Described<Types> {
  readonly type: keyof Types;
  /** What its type is given. */
  readonly options?: Readonly<Record<string, unknown>>;
}

export interface LockManagerOptions<Shared extends Clients, Types, Name extends string> {
  readonly clients: { readonly [Client in keyof Shared]: SharedClient<Shared[Client]> };
  readonly types: Types;
  /** Plain values, so that they may stand in a file of configuration. */
  readonly locks: Readonly<Record<Name, Described<Types>>>;
}

/** Ends one thing; may reject. */
type Close = () => unknown;

export class LockManager<
  Shared extends Clients,
  Types extends Readonly<Record<string, LockType<Shared, Readonly<Record<string, unknown>>>>>,
  Name extends string,
> implements AsyncDisposable {
  readonly #options: LockManagerOptions<Shared, Types, Name>;
  readonly #locks = new Map<Name, Lock>();
  readonly #clients = new Map<keyof Shared, unknown>();
  /** In the order in which they were begun; what stands on something was begun after it. */
  readonly #closes: Close[] = [];
  #closed: Promise<void> | undefined;

  /** Nothing is opened before it is used. @throws RangeError for a lock of a type that is not there */
  constructor(options: LockManagerOptions<Shared, Types, Name>) {
    this.#options = options;
    for (const [name, { type }] of Object.entries<Described<Types>>(options.locks))
      if (!Object.hasOwn(options.types, type))
        throw new RangeError(
          `${name} is of type "${String(type)}"; there are: ${Object.keys(options.types).join(', ')}`,
        );
  }

  get names(): readonly Name[] {
    return Object.keys(this.#options.locks) as Name[];
  }

  /** The same lock each time. @throws RangeError for a name that is not described, Error after `close` */
  lock(name: Name): Lock {
    if (this.#closed !== undefined) throw new Error('the lock manager has been closed');
    const known = this.#locks.get(name);
    if (known !== undefined) return known;
    if (!Object.hasOwn(this.#options.locks, name))
      throw new RangeError(`there is no lock named "${name}"; there are: ${this.names.join(', ')}`);
    const { type, options = {} } = this.#options.locks[name];
    const make = this.#options.types[type] as LockType<Shared, Readonly<Record<string, unknown>>>;
    const made = make((client) => this.#use(client), options);
    this.#locks.set(name, made);
    this.#closes.push(() => made.close?.());
    return made;
  }

  /**
   * Ends all locks, then what they stand on, the last one first, and one after the other: a lock may have something to undo
   * by a client. All are tried. Leases are their holders' to release.
   *
   * @throws AggregateError of what could not be closed
   */
  close(): Promise<void> {
    this.#closed ??= this.#closeAll();
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #use<Client extends keyof Shared>(name: Client): Shared[Client] {
    if (this.#clients.has(name)) return this.#clients.get(name) as Shared[Client];
    if (!Object.hasOwn(this.#options.clients, name)) throw new RangeError(`there is no client named "${String(name)}"`);
    const shared = this.#options.clients[name];
    const client = shared.open();
    this.#clients.set(name, client);
    this.#closes.push(() => shared.close(client));
    return client;
  }

  async #closeAll(): Promise<void> {
    const failed: unknown[] = [];
    for (const close of this.#closes.toReversed()) {
      try {
        await close();
      } catch (error) {
        failed.push(error);
      }
    }
    if (failed.length > 0) throw new AggregateError(failed, 'not everything could be closed');
  }
}
