/** `traced` as the harness loads it: spans go to whatever provider the process has, and to nobody where it has none. */
import * as api from '@opentelemetry/api';
import { z } from 'zod';
import type { DecoratorModule } from '../decorator.ts';
import { TracedLock } from './traced-lock.ts';

const options = z.strictObject({});

export const decorator: DecoratorModule<z.output<typeof options>> = {
  name: 'traced',
  summary: 'Spans of OpenTelemetry for each wait, hold, renewal and release, with the fencing token.',
  options,
  decorate: (inner) => ({ ...inner, lock: new TracedLock(inner.lock, { api }) }),
};
