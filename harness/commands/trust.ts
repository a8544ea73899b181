/** Whether a plan that came from somewhere may name the code that is to be run. */
import { existsSync, realpathSync } from 'node:fs';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { ADAPTERS } from 'holdfast-locks/internal/catalogue';
import { UsageError } from '../base/errors.ts';
import type { Plan } from '../plan/plan.ts';
import { isScenarioName } from '../run/scenarios.ts';
import { isPath, partsOf } from './chain.ts';
import { findSubject } from './published.ts';

/** The program's own folder: what is in it runs already. */
const OWN = resolve(import.meta.dirname, '..', '..');

/** The nearest folder above that is a project, or the current one. */
function projectOf(folder: string): string {
  for (let at = folder; ; at = dirname(at)) {
    if (['.git', 'package.json'].some((name) => existsSync(join(at, name)))) return at;
    if (dirname(at) === at) return folder;
  }
}

/** Names of adapters may look like paths. */
const isNamed = (part: string): boolean => ADAPTERS.has(part) || findSubject(part) !== undefined;

/** Through links, as far as there is something. */
const real = (path: string): string => (existsSync(path) ? realpathSync(path) : resolve(path));

export function isWithin(folder: string, path: string): boolean {
  const way = relative(real(folder), real(path));
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

/**
 * What a plan names is code that runs with all rights of the user. In this project it is the user's own; elsewhere it may be
 * anybody's.
 *
 * @param bySaying how the user says so
 * @throws UsageError that names it, unless `trust` says that it was looked at
 */
export function mustBeTrusted({ lock, scenario }: Plan, source: string, trust: boolean, bySaying = '--trust'): void {
  const project = projectOf(process.cwd());
  const outside = (path: string): string[] =>
    [project, OWN].some((folder) => isWithin(folder, path)) ? [] : [resolve(path)];
  const foreign = [
    ...partsOf(lock).flatMap((part) => {
      // A command line may run anything, wherever it was written.
      if (/^exec[+:]/.test(part)) return [part];
      return isNamed(part) || !isPath(part) ? [] : outside(part);
    }),
    ...(isScenarioName(scenario) ? [] : outside(scenario)),
  ];
  if (foreign.length === 0 || trust) return;
  throw new UsageError(
    `${source} names code outside of ${project}: ${foreign.join(', ')}; it would run with your rights: look at it, then say ${bySaying}`,
  );
}
