/** A lease with some of its members in other words; all else, also what only its own library knows, is the lease's. */
import type { Lease, ReleaseOutcome } from '../lock.ts';

export function leaseAround<Own extends { release(): Promise<ReleaseOutcome> }>(inner: Lease, own: Own): Lease & Own {
  const dispose = async (): Promise<void> => {
    await own.release();
  };
  return new Proxy(inner, {
    get(target, name): unknown {
      if (name === Symbol.asyncDispose) return dispose;
      if (name in own) return Reflect.get(own, name);
      const value: unknown = Reflect.get(target, name);
      // Leases have private fields, which their methods ask of the lease itself.
      return typeof value === 'function' ? value.bind(target) : value;
    },
    has: (target, name) => name in own || name in target,
  }) as Lease & Own;
}
