/** `list`: locks, scenarios, hazards and profiles. */
import type { Command } from 'commander';
import { catalogue, onRequest } from 'holdfast-locks/internal/catalogue';
import { claimOn, type Hazard, type Property } from 'holdfast-locks/internal/claims';
import type { LockModule } from 'holdfast-locks';
import { DECORATORS } from 'holdfast-locks/internal/decorators/catalogue';
import { reasonOf } from '../base/issues.ts';
import { hazardsOf } from '../faults/available.ts';
import { PROFILES } from '../faults/plans.ts';
import { loadScenario } from '../resource/load-scenario.ts';
import { brokenScenarioNames, scenarioNames, scenarioUrl } from '../run/scenarios.ts';
import { EXIT, type ExitCode } from '../verdict/exit-codes.ts';
import { hazardText, listedHazards } from './list-hazards.ts';
import { isReference } from '../commands/locks.ts';
import { loadDecorator } from '../subject/chain.ts';
import { listedPublished, type ListedLock } from '../commands/published.ts';

export function addList(program: Command, done: (code: ExitCode) => void): void {
  program
    .command('list')
    .description('show locks with their claims, scenarios, hazards and profiles')
    .option('--json', 'print one JSON object')
    .option('--hazards', 'show each hazard: what it does, when it bites, and where it is available')
    .action(async (options: ListOptions) => done(options.hazards ? listHazards(options) : await list(options)));
}

interface ListOptions {
  readonly json?: boolean;
  readonly hazards?: boolean;
}

function listHazards({ json }: ListOptions): ExitCode {
  const hazards = listedHazards();
  process.stdout.write(
    json
      ? `${JSON.stringify({ hazards })}\n`
      : `Hazards (what each stands for in production: docs/hazards.md)\n${hazards.map(hazardText).join('')}`,
  );
  return EXIT.ok;
}

async function list(options: ListOptions): Promise<ExitCode> {
  const modules = [...catalogue.values()].map(({ module }) => module);
  if (options.json) {
    const scenarios = { scenarios: scenarioNames(), brokenScenarios: brokenScenarioNames() };
    const all = { locks: modules, decorators: await decorators(), published: listedPublished(), ...scenarios };
    process.stdout.write(`${JSON.stringify({ ...all, profiles: PROFILES })}\n`);
    return EXIT.ok;
  }
  const groups: readonly (readonly [string, (module: LockModule) => boolean])[] = [
    ['Locks', isReference],
    ['Baselines', (module) => module.backend === 'memory'],
    ['Specimens (each with one known mistake)', (module) => module.specimen !== undefined],
  ];
  for (const [title, belongs] of groups) {
    process.stdout.write(`${title}\n`);
    for (const module of modules.filter(belongs)) process.stdout.write(describe(module));
    process.stdout.write('\n');
  }
  process.stdout.write(`Locks on MySQL ("setup --backends mysql"): ${[...onRequest.keys()].join(', ')}\n`);
  process.stdout.write(`\nDecorators (around a lock: "redis-basic + retry"; docs/decorators.md)\n`);
  for (const { name, summary } of await decorators()) process.stdout.write(`  ${name.padEnd(30)} ${summary}\n`);
  process.stdout.write(`\nPublished locks (docs/published-locks.md)\n${listedPublished().map(publishedLine).join('')}`);
  process.stdout.write(`\nScenarios\n${await describeScenarios(scenarioNames())}\n`);
  const broken = await describeScenarios(brokenScenarioNames());
  process.stdout.write(`Scenario specimens (each with one known mistake)\n${broken}\n`);
  for (const [name, { hazards }] of Object.entries(PROFILES))
    process.stdout.write(`Profile ${name}: ${hazards.join(', ')} (fairness: none)\n`);
  return EXIT.ok;
}

/** One that stands on a library which is not installed says so in the place of its summary. */
function decorators(): Promise<{ readonly name: string; readonly summary: string }[]> {
  return Promise.all(
    [...DECORATORS].map(async ([name, url]) => {
      const { summary } = await loadDecorator(url).catch((error: unknown) => ({ summary: reasonOf(error) }));
      return { name, summary };
    }),
  );
}

function publishedLine({ name, language, kind, version, backend, summary }: ListedLock): string {
  const what = [kind, version, backend, summary].filter((one) => one !== undefined && one !== '');
  return `  ${name.padEnd(30)} ${language}, ${what.join(', ')}\n`;
}

async function describeScenarios(names: readonly string[]): Promise<string> {
  const scenarios = await Promise.all(names.map((name) => loadScenario(scenarioUrl(name))));
  return scenarios.map(({ name, summary }) => `  ${name.padEnd(36)} ${summary}\n`).join('');
}

function describe(module: LockModule): string {
  const head = `  ${module.name.padEnd(30)} ${module.backend}, ${module.topologies.join(' or ')}: ${module.summary}\n`;
  if (module.specimen !== undefined) {
    const shows = module.specimen.shows.map(
      ({ property, hazards }) => `${property}${hazards.length === 0 ? '' : ` (${hazards.join(', ')})`}`,
    );
    return `${head}${' '.repeat(33)}shows ${shows.join('; ')}\n`;
  }
  const hazards = hazardsOf(module.topologies[0], module.backend);
  const properties = Object.keys(module.claims) as Property[];
  return `${head}${properties.map((property) => `${' '.repeat(33)}${claimLine(module, property, hazards)}\n`).join('')}`;
}

function claimLine(module: LockModule, property: Property, hazards: readonly Hazard[]): string {
  const under = (claim: string): readonly Hazard[] =>
    hazards.filter((hazard) => claimOn(module.claims, property, hazard) === claim);
  const exceptions = (['unavailable', 'not-promised'] as const)
    .map((claim) => [claim, under(claim)] as const)
    .filter(([, named]) => named.length > 0)
    .map(([claim, named]) => `${claim} under ${named.join(', ')}`);
  const together = module.claims[property]?.together ?? [];
  exceptions.push(...together.map((one) => `${one.claim} under ${one.hazards.join(' + ')}`));
  return `${property}: holds under ${under('holds').length} hazards${exceptions.length === 0 ? '' : `; ${exceptions.join('; ')}`}`;
}
