/** `redis-basic`, with something that goes on when it is closed. */
import { lock as basic } from '../../implementations/redis/basic.ts';
import type { LockModule } from '../../implementations/lock.ts';

export const lock: LockModule = {
  ...basic,
  name: 'restless',
  async connect(context) {
    setInterval(() => undefined, 500);
    return basic.connect(context);
  },
};
