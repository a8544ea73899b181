/** `circuit-breaker` as the harness loads it. */
import { z } from 'zod';
import type { DecoratorModule } from '../decorator.ts';
import { CircuitBreakerLock } from './circuit-breaker-lock.ts';

const options = z.strictObject({
  failures: z.number().int().min(1).optional(),
  openMs: z.number().min(0).default(30_000),
});

export const decorator: DecoratorModule<z.output<typeof options>> = {
  name: 'circuit-breaker',
  summary: 'Asks the backend no more for a while when it is in trouble, and tells callers at once.',
  options,
  // A backend that has come back is asked again when the circuit closes.
  weakens: ({ recoverMs }, { openMs }) => ({ recoverMs: recoverMs + openMs }),
  decorate: (inner, chosen) => ({ ...inner, lock: new CircuitBreakerLock(inner.lock, chosen) }),
};
