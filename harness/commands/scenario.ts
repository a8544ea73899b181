/** The scenario of a request: loaded, and what a lock claims where it is run. */
import { whyNotLoadable } from '../subject/door.ts';
import { UsageError } from '../base/errors.ts';
import { loadScenario } from '../resource/load-scenario.ts';
import type { AnyScenario } from '../resource/scenario.ts';
import type { LockUnderTest } from '../run/request.ts';
import { claimsWith, isScenarioName, scenarioUrl } from '../run/scenarios.ts';

/** @throws UsageError for a module that cannot be loaded, or is no scenario */
export async function scenarioNamed(reference: string): Promise<AnyScenario> {
  const url = scenarioUrl(reference);
  const trouble = isScenarioName(reference) ? undefined : await whyNotLoadable(url);
  if (trouble !== undefined) throw new UsageError(`${reference} cannot be loaded: ${trouble}`);
  return loadScenario(url);
}

/** The lock with the claims that it has where this scenario is run. */
export const lockWith = (scenario: AnyScenario, lock: LockUnderTest): LockUnderTest => ({
  ...lock,
  module: { ...lock.module, claims: claimsWith(scenario, lock.module.claims) },
});
