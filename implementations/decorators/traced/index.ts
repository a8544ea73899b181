/** Spans of OpenTelemetry around any lock. */
export { TracedLock } from './traced-lock.ts';
export type { OpenTelemetryApi, TracedOptions } from './traced-lock.ts';
