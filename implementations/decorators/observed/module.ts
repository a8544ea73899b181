/** `observed` as the harness loads it. */
import { build } from 'hdr-histogram-js';
import { z } from 'zod';
import type { DecoratorModule } from '../decorator.ts';
import { LONGEST_US, LockMetrics } from './metrics.ts';
import { ObservedLock } from './observed-lock.ts';

const options = z.strictObject({});

export const decorator: DecoratorModule<z.output<typeof options>> = {
  name: 'observed',
  summary: 'Counts attempts, grants, waits, holds and losses by pattern of key, for Prometheus and OpenTelemetry.',
  options,
  decorate: (inner) => {
    const histogram = () => build({ highestTrackableValue: LONGEST_US, numberOfSignificantValueDigits: 2 });
    return { ...inner, lock: new ObservedLock(inner.lock, { metrics: new LockMetrics({ histogram }) }) };
  },
};
