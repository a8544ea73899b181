/** `holdfast/testing`: a lock as a property, for test files of your own; docs/testing.md shows how it is used. */
export { lockProperty, type LockPropertyOptions } from './harness/testing/lock-property.ts';
export { planArbitrary, type PlanRequest } from './harness/testing/plans.ts';
export { ViolationError } from './harness/testing/violation.ts';
export { checkHistory, historyArbitrary, type HistoryRequest } from './harness/testing/histories.ts';
export { MODELS, type Finding, type Model, type Verdict } from './harness/check/verdict.ts';
export { HistoryError } from './harness/history/errors.ts';
export type { HistoryEvent, HistoryHeader } from './harness/history/events.ts';
export type { Plan } from './harness/plan/plan.ts';
export { UsageError } from './harness/base/errors.ts';
