/** The metrics as instruments of OpenTelemetry, read when a reader collects. */
import { FAMILIES, familiesOf } from './families.ts';
import type { Labels } from './families.ts';
import type { LockMetrics } from './metrics.ts';

interface Observable {
  addCallback(callback: (result: ObservableResult) => void): void;
}
interface ObservableResult {
  observe(value: number, attributes?: Labels): void;
}

/** As much of a `Meter` of `@opentelemetry/api` as it takes. */
export interface OpenTelemetryMeter {
  createObservableCounter(name: string, options: { description: string; unit?: string }): Observable;
  createObservableGauge(name: string, options: { description: string; unit?: string }): Observable;
}

/**
 * Makes an instrument for every metric. OpenTelemetry observes no histograms that others have filled: of those there are the
 * count and the sum, and the quantiles as gauges. To be called once for each meter.
 */
export function observeOpenTelemetry(metrics: LockMetrics, meter: OpenTelemetryMeter): void {
  for (const [name, type, description] of FAMILIES) {
    const unit = name.endsWith('_seconds') ? { unit: 's' } : {};
    for (const suffix of type === 'histogram' ? ['_sum', '_count'] : ['']) {
      const options = { description, ...(suffix === '_count' ? {} : unit) };
      const called = `${name}${suffix}`.replace(/_total$/, '');
      const instrument =
        type === 'gauge'
          ? meter.createObservableGauge(called, options)
          : meter.createObservableCounter(called, options);
      instrument.addCallback((result) => {
        const family = familiesOf(metrics).find((one) => one.name === name);
        for (const sample of family?.samples ?? [])
          if ((sample.suffix ?? '') === suffix) result.observe(sample.value, sample.labels);
      });
    }
  }
}
