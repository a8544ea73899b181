/** The composite action and the example workflow, as far as they can be run without GitHub: their shell steps. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, describe, test } from 'node:test';
import { parse } from 'yaml';
import { z } from 'zod';
import { renderJson } from '../../reports/json.ts';
import type { Report } from '../../harness/report/report.ts';
import { benched, compared } from '../reports/bench-fixtures.ts';
import { inconclusive } from '../reports/fixtures.ts';
import { ROOT } from './program.ts';

const stepSchema = z.strictObject({
  name: z.string().optional(),
  id: z.string().optional(),
  if: z.string().optional(),
  uses: z.string().optional(),
  with: z.record(z.string(), z.string()).optional(),
  shell: z.literal('bash').optional(),
  'working-directory': z.string().optional(),
  env: z.record(z.string(), z.string()).optional(),
  run: z.string().optional(),
});
const actionSchema = z.strictObject({
  name: z.string(),
  description: z.string(),
  inputs: z.record(
    z.string(),
    z.strictObject({ description: z.string(), default: z.string().optional(), required: z.boolean().optional() }),
  ),
  outputs: z.record(z.string(), z.strictObject({ description: z.string(), value: z.string() })),
  runs: z.strictObject({ using: z.literal('composite'), steps: z.array(stepSchema) }),
});
const workflowSchema = z.looseObject({
  jobs: z.record(
    z.string(),
    z.looseObject({
      steps: z.array(
        z.looseObject({ uses: z.string().optional(), with: z.record(z.string(), z.unknown()).optional() }),
      ),
    }),
  ),
});

const action = actionSchema.parse(parse(readFileSync(join(ROOT, 'action.yml'), 'utf8')));
const folder = mkdtempSync(join(tmpdir(), 'holdfast-action-'));
after(() => rmSync(folder, { recursive: true }));

interface StepResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly outputs: string;
  readonly summary: string;
}

let runs = 0;

/** As a runner does it: expressions are put in, files are made for outputs and summary, bash runs the script. */
function runStep(name: string, given: Readonly<Record<string, string>>): StepResult {
  const step = action.runs.steps.find((one) => one.name === name);
  if (step?.run === undefined) throw new Error(`no step "${name}"`);
  const defaults = Object.entries(action.inputs).map(([input, { default: value = '' }]) => [input, value] as const);
  const inputs = { ...Object.fromEntries(defaults), ...given };
  const put = (text: string): string =>
    text.replaceAll(/\$\{\{ (?<expression>[^}]+) \}\}/gu, (_, expression: string) => {
      if (expression === 'github.action_path') return ROOT;
      const value = inputs[expression.replace('inputs.', '') as keyof typeof inputs];
      if (value === undefined) throw new Error(`unknown expression ${expression}`);
      return value;
    });
  const here = join(folder, String((runs += 1)));
  mkdirSync(here);
  const files = { GITHUB_OUTPUT: join(here, 'output'), GITHUB_STEP_SUMMARY: join(here, 'summary') };
  for (const file of Object.values(files)) writeFileSync(file, '');
  const script = join(here, 'step.sh');
  writeFileSync(script, put(step.run));
  const { status, stdout, stderr } = spawnSync('bash', ['--noprofile', '--norc', '-eo', 'pipefail', script], {
    cwd: step['working-directory'] === undefined ? folder : put(step['working-directory']),
    encoding: 'utf8',
    env: {
      ...process.env,
      ...{ PATH: `${dirname(process.execPath)}:${process.env['PATH'] ?? ''}`, NO_COLOR: '1', GITHUB_ACTIONS: 'true' },
      ...files,
      ...Object.fromEntries(Object.entries(step.env ?? {}).map(([key, value]) => [key, put(value)])),
    },
  });
  const [outputs, summary] = Object.values(files).map((file) => readFileSync(file, 'utf8'));
  return { code: status, stdout, stderr, outputs: outputs ?? '', summary: summary ?? '' };
}

function stored(name: string, report: Report): string {
  const path = join(folder, name, 'report.json');
  mkdirSync(dirname(path));
  writeFileSync(path, renderJson(report));
  return path;
}

void describe('the action', () => {
  void test('runs the command with its options, and fails with its exit code, its summary and its annotations', () => {
    const run = stored('a benchmark', benched());
    const { code, stdout, stderr, outputs, summary } = runStep('Run Holdfast', {
      command: 'compare',
      args: `"${run}"\n  --threshold "throughput rate > 2000"\n--threshold 'violations count==0'\n`,
      out: 'reports',
    });
    assert.equal(code, 3, stderr);
    assert.match(stdout, /✗ MISSED {2}throughput rate > 2000 \(measured 1,131\)/u);
    assert.match(stdout, /✓ met {2}violations count==0/u);
    assert.match(outputs, /^exit-code=3\nfolder=reports\/[^\n]+-compare\n$/u);
    assert.match(summary, /^## Holdfast: redis-basic: the threshold throughput rate &gt; 2000 is missed\./u);
    assert.match(
      stderr,
      /^::error title=Holdfast%3A redis-basic%3A threshold missed::throughput rate > 2000: measured 1,131$/mu,
    );
    const made = /folder=(?<path>\S+)/u.exec(outputs)?.groups?.['path'] ?? '';
    const entries = z
      .array(
        z.strictObject({
          name: z.string(),
          unit: z.string(),
          value: z.number(),
          range: z.string().optional(),
          extra: z.string().optional(),
        }),
      )
      .parse(JSON.parse(readFileSync(join(folder, made, 'benchmark.json'), 'utf8')));
    assert.ok(entries.some(({ name, unit }) => name === 'redis-basic: acquire p99' && unit === 'ms'));
  });

  void test('lets a regression against a baseline fail the job', () => {
    const { comparison, ...slower } = compared();
    assert.ok(comparison !== undefined);
    const [before, now] = slower.locks;
    assert.ok(before !== undefined && now !== undefined);
    const was = stored('before', { ...slower, locks: [before] });
    const is = stored('now', { ...slower, locks: [now] });
    const { code, stderr } = runStep('Run Holdfast', { command: 'compare', args: `'${is}' --baseline '${was}'` });
    assert.equal(code, 3, stderr);
    assert.match(
      stderr,
      /^::error title=Holdfast%3A redis-basic%3A slower than the baseline::throughput 20\.8 %25 worse/mu,
    );
  });

  void test('an inconclusive run fails the job unless that is allowed', () => {
    const { locks, ...rest } = benched();
    const run = stored('unmeasured', { ...rest, locks: locks.map((lock) => ({ ...lock, latency: {} })) });
    const args = `'${run}' --threshold "acquire p(99)<50"`;
    assert.equal(runStep('Run Holdfast', { command: 'compare', args }).code, 4);
    const allowed = runStep('Run Holdfast', { command: 'compare', args, 'allow-inconclusive': 'true' });
    assert.equal(allowed.code, 0);
    assert.match(allowed.outputs, /^exit-code=4$/mu);
    assert.match(allowed.stderr, /^::warning title=Holdfast%3A redis-basic%3A threshold not judged::/mu);
  });

  void test('options are never run by a shell', () => {
    const mark = join(folder, 'mark');
    const { code, stderr } = runStep('Run Holdfast', { args: `--impl "$(touch ${mark}); touch ${mark}"` });
    assert.equal(code, 2);
    assert.match(stderr, /no lock named|no such file/u);
    assert.throws(() => readFileSync(mark), /ENOENT/u);
  });

  void test('says what it would install, in the folder of the action', () => {
    const step = action.runs.steps.find(({ name }) => name === 'Install servers');
    assert.equal(step?.['working-directory'], '${{ github.action_path }}');
    const { stderr, code } = runStep('Install servers', { backends: 'no-such-server' });
    assert.equal(code, 2);
    assert.match(stderr, /"no-such-server" is not a server that can be set up/u);
  });
});

void test('the example workflow gives the action inputs that it has, and options that the program has', () => {
  const workflow = workflowSchema.parse(parse(readFileSync(join(ROOT, 'examples/ci/lock-gate.yml'), 'utf8')));
  const uses = Object.values(workflow.jobs).flatMap(({ steps }) =>
    steps.filter(({ uses: name }) => name?.startsWith('holdfast/')),
  );
  assert.equal(uses.length, 2);
  for (const { with: given = {} } of uses) {
    assert.deepEqual(
      Object.keys(given).filter((input) => !(input in action.inputs)),
      [],
    );
    const help = runStep('Run Holdfast', { command: String(given['command']), args: '--help' }).stdout;
    for (const [option] of String(given['args']).matchAll(/--[a-z-]+/gu)) assert.ok(help.includes(option), option);
  }
});

void test('what was not exercised is one warning for each lock', () => {
  const run = stored('verified', inconclusive());
  const { stderr, code } = runStep('Run Holdfast', { command: 'compare', args: `'${run}'` });
  assert.equal(code, 0, 'a comparison does not ask what was exercised');
  assert.equal(stderr.match(/^::warning title=Holdfast%3A redis%3A not exercised::/gmu)?.length, 1);
});
