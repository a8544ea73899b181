/** `adaptive-timeout` as the harness loads it. */
import { z } from 'zod';
import type { DecoratorModule } from '../decorator.ts';
import { AdaptiveTimeoutLock } from './adaptive-timeout-lock.ts';

const options = z.strictObject({
  quantile: z.number().gt(0).max(1).optional(),
  margin: z.number().min(1).optional(),
  leastMs: z.number().min(0).optional(),
  mostMs: z.number().min(0).optional(),
});

export const decorator: DecoratorModule<z.output<typeof options>> = {
  name: 'adaptive-timeout',
  summary: 'Calls that do not say how long they wait do so as long as waits have taken lately, 1 to 30 s.',
  options,
  decorate: (inner, chosen) => ({ ...inner, lock: new AdaptiveTimeoutLock(inner.lock, chosen) }),
};
