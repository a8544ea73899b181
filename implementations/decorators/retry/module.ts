/** `retry` as the harness loads it. */
import { z } from 'zod';
import type { DecoratorModule } from '../decorator.ts';
import { notPromised } from '../not-promised.ts';
import { PRESET_NAMES } from './presets.ts';
import { longestDelayMs, RetryLock } from './retry-lock.ts';

const options = z.strictObject({
  preset: z.enum(PRESET_NAMES).optional(),
  delayMs: z.number().min(0).optional(),
  factor: z.number().min(1).optional(),
  maxDelayMs: z.number().min(0).optional(),
  jitter: z.number().min(0).max(1).optional(),
  maxAttempts: z.number().min(1).optional(),
  timeoutMs: z.number().min(0).optional(),
});

export const decorator: DecoratorModule<z.output<typeof options>> = {
  name: 'retry',
  summary: 'Asks again in a rhythm of its own: fixed, growing, with jitter, so many times.',
  options,
  // Nobody stands in a queue between two tries, so nobody's turn is kept; and a lock that is free waits for the next try.
  weakens: ({ claims, recoverMs }, chosen) => ({
    claims: notPromised(claims, ['fairness', 'sharing']),
    recoverMs: recoverMs + longestDelayMs(chosen),
  }),
  decorate: (inner, chosen) => ({ ...inner, lock: new RetryLock(inner.lock, chosen) }),
};
