/** Counters and histograms of any lock, for Prometheus and OpenTelemetry. */
export { LockMetrics, plainPattern } from './metrics.ts';
export type { LockMetricsOptions, ValueHistogram } from './metrics.ts';
export { ObservedLock } from './observed-lock.ts';
export type { ObservedOptions } from './observed-lock.ts';
export { observeOpenTelemetry } from './opentelemetry.ts';
export type { OpenTelemetryMeter } from './opentelemetry.ts';
export { registerPrometheus } from './prometheus.ts';
export type { PrometheusRegistry } from './prometheus.ts';
