/** `life-cycle` as the harness loads it: an illegal transition is an error that nobody catches, and is told. */
import { z } from 'zod';
import type { DecoratorModule } from '../decorator.ts';
import { LifeCycleLock } from './life-cycle-lock.ts';

export const decorator: DecoratorModule = {
  name: 'life-cycle',
  summary: 'Leases say in which state of their life they are; every transition is checked.',
  options: z.strictObject({}),
  decorate: (inner) => ({ ...inner, lock: new LifeCycleLock(inner.lock) }),
};
