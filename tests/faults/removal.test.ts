/** A hazard lives in its file, its line of the table and its name among the hazards: nothing else needs it to be there. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { HAZARDS, type Hazard } from '../../implementations/claims.ts';

const ROOT = resolve(import.meta.dirname, '..', '..');
const CODE = ['implementations', 'harness', 'reports', 'scenarios', 'tests', 'examples', 'benchmarks', 'tools'];

/** The code in a folder of its own, which resolves the locks to its own copy of them. */
function copyTo(folder: string): void {
  const skipped = new Set(['node_modules', 'dist']);
  for (const name of CODE)
    cpSync(join(ROOT, name), join(folder, name), {
      recursive: true,
      filter: (path) => !path.split('/').some((part) => skipped.has(part)),
    });
  for (const name of ['package.json', 'tsconfig.json', 'index.ts']) cpSync(join(ROOT, name), join(folder, name));
  const modules = join(folder, 'node_modules');
  mkdirSync(modules);
  for (const name of readdirSync(join(ROOT, 'node_modules')))
    symlinkSync(
      name === 'holdfast-locks' ? join(folder, 'implementations') : join(ROOT, 'node_modules', name),
      join(modules, name),
    );
}

function remove(hazard: Hazard, folder: string): void {
  const hazards = join(folder, 'harness', 'faults', 'hazards');
  const file = join(hazards, `${hazard}.ts`);
  const constant = /export const (\w+): HazardDefinition/.exec(readFileSync(file, 'utf8'))?.[1] ?? '';
  rmSync(file);
  withoutLines(join(hazards, 'table.ts'), [`import { ${constant} } from './${hazard}.ts';`, `${constant},`]);
  withoutLines(join(folder, 'implementations', 'claims.ts'), [`'${hazard}',`]);
}

function withoutLines(file: string, unwanted: readonly string[]): void {
  const lines = readFileSync(file, 'utf8').split('\n');
  const kept = lines.filter((line) => !unwanted.includes(line.trim()));
  assert.equal(lines.length - kept.length, unwanted.length, `${file} has ${unwanted.join(' and ')} once`);
  writeFileSync(file, kept.join('\n'));
}

/** What the type checker has to say; nothing if all is well. */
function complaintsIn(folder: string): string {
  const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
  try {
    return execFileSync(process.execPath, [tsc, '-p', folder], { encoding: 'utf8' });
  } catch (error) {
    return (error as { stdout: string }).stdout;
  }
}

void test('the project type-checks without any of its hazards', () => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-removal-'));
  try {
    copyTo(folder);
    for (const hazard of HAZARDS.filter((name) => name !== 'none')) remove(hazard, folder);
    assert.equal(complaintsIn(folder), '');
  } finally {
    rmSync(folder, { recursive: true });
  }
});
