/** Holdfast as a library: the lock contract and the reference locks. Nothing of the harness is imported. */
export * from 'holdfast-locks';
export * from 'holdfast-locks/acquire-many';
export * from 'holdfast-locks/adaptive-timeout';
export * from 'holdfast-locks/circuit-breaker';
export * from 'holdfast-locks/connection';
export * from 'holdfast-locks/consul';
export * from 'holdfast-locks/etcd';
export * from 'holdfast-locks/lease';
export * from 'holdfast-locks/life-cycle';
export * from 'holdfast-locks/manager';
export * from 'holdfast-locks/mariadb';
export * from 'holdfast-locks/memory';
export * from 'holdfast-locks/multi-lock';
export * from 'holdfast-locks/observed';
export * from 'holdfast-locks/postgres';
export * from 'holdfast-locks/priority';
export * from 'holdfast-locks/redis';
export * from 'holdfast-locks/retry';
export * from 'holdfast-locks/sqlite';
export * from 'holdfast-locks/traced';
export * from 'holdfast-locks/zookeeper';

// The commands of the harness as functions; docs/api.md shows how they are used.
export {
  bench,
  check,
  compare,
  conformance,
  doctor,
  down,
  replay,
  report,
  setup,
  shrink,
  soak,
  specimens,
  up,
  verify,
} from './harness/commands/api.ts';
export { InfrastructureError, UsageError } from './harness/base/errors.ts';
export type { BenchEvent, BenchRequest } from './harness/commands/bench-request.ts';
export type { CommandOptions } from './harness/commands/caller.ts';
export type { CheckedFile, CheckEvent, CheckOptions, CheckRequest, CheckResult } from './harness/commands/check.ts';
export type { CompareEvent, CompareRequest } from './harness/commands/compare-request.ts';
export type {
  ConformanceEvent,
  ConformanceOfLock,
  ConformanceRequest,
  ConformanceResult,
} from './harness/commands/conformance.ts';
export type { DoctorResult } from './harness/commands/doctor.ts';
export type { ReplayRequest, ShrinkRequest, ShrinkResult } from './harness/commands/replay.ts';
export type { ReportRequest, ReportResult } from './harness/commands/report.ts';
export type { ReportedEvent, RunResult } from './harness/commands/result.ts';
export type { SetupEvent, SetupRequest, SetupResult } from './harness/commands/setup.ts';
export type { SoakEvent, SoakFind, SoakRequest, SoakResult } from './harness/commands/soak.ts';
export type {
  SpecimenResult,
  SpecimensEvent,
  SpecimensRequest,
  SpecimensResult,
} from './harness/commands/specimens.ts';
export type { UpEvent, UpRequest, UpResult } from './harness/commands/up.ts';
export type { ShrinkEvent, VerifyEvent, ViolationSeen } from './harness/commands/verify-events.ts';
export type { VerifyRequest } from './harness/commands/verify-request.ts';
export type { Plan } from './harness/plan/plan.ts';
export type { CarriedOut, InvariantFinding } from './harness/check/carried-out.ts';
export type { PerDoor } from './harness/resource/protocol.ts';
export type {
  CarriedOutOf,
  DoesOperations,
  LeaseInUse,
  Operation,
  Operations,
  Scenario,
  ScenarioClient,
  ScenarioPlan,
  StepContext,
} from './harness/resource/scenario.ts';
export type { Cell, LockReport, Report } from './harness/report/report.ts';
