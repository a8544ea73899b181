/** `priority` as the harness loads it: all calls of its clients are as urgent, and wait their turn by age. */
import { z } from 'zod';
import type { DecoratorModule } from '../decorator.ts';
import { notPromised } from '../not-promised.ts';
import { PriorityLock } from './priority-lock.ts';

const options = z.strictObject({
  priority: z.number().optional(),
  agingMs: z.number().positive().optional(),
  timeoutMs: z.number().min(0).optional(),
});

export const decorator: DecoratorModule<z.output<typeof options>> = {
  name: 'priority',
  summary: 'Waiters of one process by priority, first come within one; waiting makes everybody more urgent.',
  options,
  // Of those that wait here, one stands in a queue of the server's.
  weakens: ({ claims }) => ({ claims: notPromised(claims, ['fairness']) }),
  decorate: (inner, chosen) => ({ ...inner, lock: new PriorityLock(inner.lock, chosen) }),
};
