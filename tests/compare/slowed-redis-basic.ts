/** `redis-basic`, but every holder first idles away `SLOWED_MS` on the processor: a change that made a lock slower. */
import { lock as basic } from '../../implementations/redis/modules/basic.ts';
import type { AcquireOptions, Lease, LockModule } from '../../implementations/lock.ts';

const SLOWED_MS = Number(process.env['SLOWED_MS'] ?? '0.06');

function idle(): void {
  const until = performance.now() + SLOWED_MS;
  while (performance.now() < until);
}

export const lock: LockModule = {
  ...basic,
  name: 'slowed-redis-basic',
  async connect(connection) {
    const connected = await basic.connect(connection);
    const inner = connected.lock;
    const acquire = async (key: string, options?: AcquireOptions): Promise<Lease> => {
      const lease = await inner.acquire(key, options);
      idle();
      return lease;
    };
    const slowed = new Proxy(inner, {
      get(target, name) {
        if (name === 'acquire') return acquire;
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      },
    });
    return { ...connected, lock: slowed };
  },
};
