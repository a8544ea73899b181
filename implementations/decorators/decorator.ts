/** A decorator: a lock around a lock. What the harness loads by its name, or by the path of a module. */
import type { ConnectContext, ConnectedLock, LockModule } from '../lock.ts';

/** Words of a lock's module that a decorator may put others in the place of: weaker ones, never stronger ones. */
export type Weakened = Partial<
  Pick<LockModule, 'claims' | 'recoverMs' | 'turns' | 'roundTrips' | 'load' | 'notSimulable'>
>;

/** Of the lock that is decorated; `prefix`, `endpoints` and so on are those that it was connected with. */
export type DecoratorContext = Omit<ConnectContext, 'options'>;

/** A decorator as the harness loads it: the export `decorator` of `decorators/<name>/module.ts`, or of a user's module. */
export interface DecoratorModule<Options = unknown> {
  readonly name: string;
  /** One sentence for `holdfast list`. */
  readonly summary: string;
  /** Makes of JSON what `decorate` is given, defaults filled in, and throws at what is wrong: a schema of zod, for one. */
  readonly options: { parse(value: unknown): Options };
  /** What the lock inside says of itself and is less true with this around it. Default: nothing. */
  weakens?(inner: LockModule, options: Options): Weakened;
  /** Its `close` must close the lock inside, after what is its own. */
  decorate(inner: ConnectedLock, options: Options, context: DecoratorContext): ConnectedLock | Promise<ConnectedLock>;
}
