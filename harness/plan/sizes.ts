/** How much a lock's plans ask of it: what the lock says of itself, unless somebody asks for something else. */
import type { LockModule, Topology } from '../../implementations/lock.ts';
import type { PlanSizes } from './arbitrary.ts';
import { practisedOf } from './practice.ts';

export interface Asked {
  /** Name in the catalogue, or path of a lock module. */
  readonly lock: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly topology: Topology;
  readonly scenario: string;
  readonly workers: number;
  readonly leaseMs: number;
  readonly clientsPerWorker?: number | undefined;
  readonly holdMs?: number | undefined;
}

export function sizesFor(module: LockModule, asked: Asked): PlanSizes {
  const { lock, options, topology, scenario, workers, leaseMs } = asked;
  const practised = practisedOf(module);
  const holdMs = asked.holdMs ?? module.load?.holdMs;
  return {
    ...{ lock, options, topology, scenario, workers, leaseMs },
    clientsPerWorker: asked.clientsPerWorker ?? module.load?.clientsPerWorker ?? 1,
    recoverMs: module.recoverMs,
    ...(practised === undefined ? {} : { practised }),
    ...(holdMs === undefined ? {} : { holdMs }),
  };
}
