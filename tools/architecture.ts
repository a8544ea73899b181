/**
 * Holds the code to its directions, and draws them.
 *
 * `node tools/architecture.ts` checks the rules of .dependency-cruiser.cjs and that docs/architecture.svg is what the code
 * gives; with `--draw` it draws that picture anew.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Graphviz } from '@hpcc-js/wasm-graphviz';
import type { ICruiseResult } from 'dependency-cruiser';
import { readModules, ROOT } from './modules.ts';

const PICTURE = join(ROOT, 'docs', 'architecture.svg');
const READ = ['implementations', 'harness', 'reports', 'scenarios', 'benchmarks', 'index.ts', 'testing.ts'];
/** A parser that finds nothing would find no fault either. */
const LEAST_MODULES = 500;

/** `harness/sim/engine/heap.ts` is in the room `harness/sim`. */
function roomOf(path: string): string | undefined {
  const [first = '', second = ''] = path.split('/');
  if (first === 'harness') return `${first}/${second}`;
  return first === 'implementations' || first === 'reports' || first === 'scenarios' ? first : undefined;
}

function draw({ modules }: ICruiseResult): Promise<string> {
  const arrows = new Set<string>();
  const rooms = new Set<string>();
  for (const { source, dependencies } of modules) {
    const from = roomOf(source);
    if (from === undefined) continue;
    rooms.add(from);
    for (const { resolved } of dependencies) {
      const to = roomOf(resolved);
      if (to !== undefined && to !== from) arrows.add(`"${from}" -> "${to}"`);
    }
  }
  // What can be reached by another way is left out: the picture shows the order, not every import.
  const drawn = [...arrows].toSorted().filter((arrow) => !hasDetour(arrow, arrows));
  const dot = [
    'digraph { rankdir=TB; node [shape=box, style="rounded,filled", fillcolor="#f4f6f8", fontname="sans-serif"];',
    'edge [color="#7a8794", arrowsize=0.7];',
    ...[...rooms].toSorted().map((room) => `"${room}";`),
    ...drawn.map((arrow) => `${arrow};`),
    '}',
  ].join('\n');
  return Graphviz.load().then((graphviz) => graphviz.dot(dot));
}

function hasDetour(arrow: string, arrows: ReadonlySet<string>): boolean {
  const [from = '', to = ''] = arrow.split(' -> ');
  const next = (room: string): string[] =>
    [...arrows].filter((other) => other.startsWith(`${room} -> `)).map((other) => other.split(' -> ')[1] ?? '');
  const seen = new Set<string>();
  const queue = next(from).filter((room) => room !== to);
  for (let room = queue.pop(); room !== undefined; room = queue.pop()) {
    if (room === to) return true;
    if (seen.has(room)) continue;
    seen.add(room);
    queue.push(...next(room));
  }
  return false;
}

const code = await readModules(READ);
const { totalCruised, violations } = code.summary;
const faults = violations.map(({ rule, from, to, cycle }) => {
  const way = cycle === undefined ? [to] : cycle.map(({ name }) => name);
  return `${rule.name}: ${[from, ...way].join(' -> ')}`;
});
if (totalCruised < LEAST_MODULES) faults.push(`only ${totalCruised} modules were read: ${LEAST_MODULES} are expected`);
if (process.argv.includes('--draw')) writeFileSync(PICTURE, await draw(code));
else if (!existsSync(PICTURE) || readFileSync(PICTURE, 'utf8') !== (await draw(code)))
  faults.push('docs/architecture.svg is not what the code gives: run "npm run architecture"');
for (const fault of faults) process.stderr.write(`${fault}\n`);
process.stdout.write(`${totalCruised} modules, ${faults.length} faults of direction\n`);
process.exitCode = faults.length === 0 ? 0 : 1;
