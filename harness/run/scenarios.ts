/** Scenarios by name, or by the path of a module that exports one, and what a run makes of them. */
import { existsSync, readdirSync } from 'node:fs';
import { dirname, extname, isAbsolute, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { claimOn, HAZARDS, type Claim, type Claims, type PropertyClaims } from 'holdfast-locks/internal/claims';
import { UsageError } from '../base/errors.ts';
import { reasonOf } from '../base/issues.ts';
import type { JudgeOperations } from '../check/carried-out.ts';
import { clientsOf, namesOf, type Plan } from '../plan/plan.ts';
import type { PlanSizes } from '../plan/arbitrary.ts';
import type { AnyScenario, ScenarioPlan } from '../resource/scenario.ts';

const HERE = fileURLToPath(import.meta.url);
const FOLDER = join(dirname(HERE), '..', '..', 'scenarios');
const EXTENSION = extname(HERE);
/** Where applications with a mistake are. */
const BROKEN = 'broken';

const namesIn = (folder: string): string[] =>
  readdirSync(folder)
    .filter((file) => file.endsWith(EXTENSION) && !file.endsWith(`.d${EXTENSION}`))
    .map((file) => file.slice(0, -EXTENSION.length));

/** Those that keep their invariants, given a lock. */
export const scenarioNames = (): string[] => namesIn(FOLDER);

/** Those that do not. */
export const brokenScenarioNames = (): string[] => namesIn(join(FOLDER, BROKEN)).map((name) => `${BROKEN}/${name}`);

/** Is it one of ours? */
export const isScenarioName = (scenario: string): boolean =>
  [...scenarioNames(), ...brokenScenarioNames()].includes(scenario);

/** URL of a scenario's module: a name stands for a file of ours, anything else is a path. */
export function scenarioUrl(scenario: string): string {
  if (isScenarioName(scenario)) return pathToFileURL(join(FOLDER, `${scenario}${EXTENSION}`)).href;
  return pathToFileURL(isAbsolute(scenario) ? scenario : resolve(scenario)).href;
}

/** @throws UsageError for a name or a path that leads nowhere */
export function requireScenario(scenario: string): void {
  if (isScenarioName(scenario)) return;
  if (!/[/\\]|\.[cm]?[jt]s$/.test(scenario) || scenario.startsWith(`${BROKEN}/`)) {
    const known = [...scenarioNames(), ...brokenScenarioNames()].join(', ');
    throw new UsageError(`there is no scenario named "${scenario}"; there are: ${known}`);
  }
  if (!existsSync(resolve(scenario))) throw new UsageError(`${scenario}: no such file`);
}

/** What a scenario is told of the run. */
export const scenarioPlanOf = (plan: Plan): ScenarioPlan => ({
  names: namesOf(plan),
  workers: plan.workers,
  clients: clientsOf(plan),
  leaseMs: plan.leaseMs,
  endless: plan.endless ?? false,
});

/** How the operations of a plan are judged; `undefined` where its histories are judged by the same anyhow. */
export function judgeOf(scenario: AnyScenario, plan: Plan): JudgeOperations | undefined {
  if (scenario.property !== undefined) return undefined;
  return (operations) => {
    try {
      return scenario.judge(operations, scenarioPlanOf(plan));
    } catch (cause) {
      throw new UsageError(`scenario ${scenario.name}: its judge failed: ${reasonOf(cause)}`, { cause });
    }
  };
}

/** What plans for a scenario need. */
export const sizesForScenario = ({ property, leastNames }: AnyScenario): Pick<PlanSizes, 'leastKeys' | 'throwing'> => ({
  ...(leastNames === undefined ? {} : { leastKeys: leastNames }),
  ...(property === undefined ? { throwing: true } : {}),
});

/**
 * What a lock claims where a scenario is run: of the scenario's invariant what it claims of lost updates, or less where the
 * scenario says so; nothing of lost updates, for there is no counter.
 */
export function claimsWith({ property, claims: stated }: AnyScenario, claims: Claims): Claims {
  const { 'no-lost-update': counted, ...others } = claims;
  if (property !== undefined) return claims;
  const own = claims.invariant ?? counted;
  if (own === undefined) return others;
  return { ...others, invariant: stated?.invariant === undefined ? own : weaker(own, stated) };
}

const FROM_WEAKEST: readonly Claim[] = ['not-applicable', 'not-promised', 'unavailable', 'holds'];

function weaker(own: PropertyClaims, stated: Claims): PropertyClaims {
  const least = (one: Claim, other: Claim): Claim =>
    FROM_WEAKEST.indexOf(one) < FROM_WEAKEST.indexOf(other) ? one : other;
  const under = HAZARDS.map((hazard) => {
    const claim = claimOn({ invariant: own }, 'invariant', hazard);
    return [hazard, least(claim, claimOn(stated, 'invariant', hazard))] as const;
  });
  return { ...own, except: Object.fromEntries(under) };
}
