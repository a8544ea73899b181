/** Scenarios by name, or by the path of a module that exports one. */
import { readdirSync } from 'node:fs';
import { dirname, extname, isAbsolute, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const HERE = fileURLToPath(import.meta.url);
const FOLDER = join(dirname(HERE), '..', '..', 'scenarios');
const EXTENSION = extname(HERE);

export function scenarioNames(): string[] {
  return readdirSync(FOLDER)
    .filter((file) => file.endsWith(EXTENSION) && !file.endsWith(`.d${EXTENSION}`))
    .map((file) => file.slice(0, -EXTENSION.length));
}

/** URL of a scenario's module: a name stands for a file of ours, anything else is a path. */
export function scenarioUrl(scenario: string): string {
  if (scenarioNames().includes(scenario)) return pathToFileURL(join(FOLDER, `${scenario}${EXTENSION}`)).href;
  return pathToFileURL(isAbsolute(scenario) ? scenario : resolve(scenario)).href;
}
