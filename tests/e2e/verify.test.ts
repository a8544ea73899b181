/** From a command line to a verdict and its files, on real servers. */
import assert from 'node:assert/strict';
import { readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { catalogue } from '../../implementations/catalogue.ts';
import { HAZARDS } from '../../implementations/claims.ts';
import { EXIT } from '../../harness/verdict/exit-codes.ts';
import { parsePlan } from '../../harness/plan/plan.ts';
import { reportSchema, type Cell, type Report } from '../../harness/report/report.ts';
import { namesIn, ROOT, Sandbox, type Ended } from './program.ts';

interface Run {
  readonly ended: Ended;
  readonly folder: string;
  readonly report: Report;
}

/** A run in a folder of its own below the sandbox. */
async function run(sandbox: Sandbox, name: string, args: readonly string[]): Promise<Run> {
  const runs = join(sandbox.work, name);
  const ended = await sandbox.run(['verify', '--out', runs, ...args], { cwd: ROOT });
  const folder = join(runs, 'latest');
  assert.notDeepEqual(namesIn(folder), [], ended.stderr);
  const report = reportSchema.parse(JSON.parse(readFileSync(join(folder, 'report.json'), 'utf8')));
  return { ended, folder, report };
}

const filesOf = (folder: string, start: string): string[] => namesIn(folder).filter((name) => name.startsWith(start));
const cellOf = ({ locks }: Report, property: Cell['property'], hazard: string): Cell | undefined =>
  locks[0]?.cells.find((cell) => cell.property === property && cell.hazard === hazard);

void describe('a lock that breaks its claim', () => {
  let sandbox: Sandbox;
  let none: Run;
  let cell: Cell | undefined;
  before(async () => {
    sandbox = new Sandbox();
    none = await run(sandbox, 'runs', ['--impl', 'none', '--hazard', 'none', '--runs', '6', '--bail', '--seed', '5']);
    cell = cellOf(none.report, 'exclusion', 'none');
  });
  after(() => sandbox[Symbol.asyncDispose]());

  void test('exits 1 and names the broken property', () => {
    assert.equal(none.ended.code, EXIT.violated, none.ended.stderr);
    assert.equal(none.report.exitCode, EXIT.violated);
    assert.match(none.report.conclusion, /none breaks its own claim on exclusion/);
    assert.match(none.ended.stdout, /exclusion\s+✗ VIOLATED/);
  });

  void test('is shown by a witness with a story of at most five lines', () => {
    assert.equal(cell?.verdict, 'violated');
    assert.ok(cell.violations > 0);
    assert.ok(cell.witness !== undefined);
    assert.ok(cell.witness.story.length >= 2 && cell.witness.story.length <= 5);
    assert.ok(cell.witness.events.length > 0);
    assert.match(none.ended.stdout, new RegExp(`1\\. .*\n.*2\\. `));
  });

  void test('is not looked for any longer with --bail', () => {
    const histories = filesOf(none.folder, 'history').length;
    assert.ok(histories >= 1 && histories < 6, `${histories} of 6 plans`);
  });

  void test('breaks it again when its replay command is pasted', async () => {
    assert.ok(cell?.replay !== undefined && none.ended.stdout.includes(cell.replay));
    const again = join(sandbox.work, 'again');
    const { code, stdout, stderr } = await sandbox.paste(`${cell.replay} --out ${again}`, { cwd: ROOT });
    assert.equal(code, EXIT.violated, stderr);
    assert.match(stdout, /exclusion\s+✗ VIOLATED/);
    const plan = (folder: string): string => readFileSync(join(folder, cell?.plan ?? ''), 'utf8');
    assert.equal(plan(join(again, 'latest')), plan(none.folder), 'the same plan');
  });

  void test('leaves nothing behind', () => sandbox.untilNothingLeft());
});

void describe('a lock that keeps its claims', () => {
  let sandbox: Sandbox;
  let redis: Run;
  before(async () => {
    sandbox = new Sandbox();
    const args = ['--impl', 'redis-basic', '--backend', 'native', '--profile', 'smoke', '--seed', '11', '--json'];
    redis = await run(sandbox, 'runs', args);
  });
  after(() => sandbox[Symbol.asyncDispose]());

  void test('exits 0', () => {
    assert.equal(redis.ended.code, EXIT.ok, `${redis.report.conclusion}\n${redis.ended.stderr}`);
    assert.equal(redis.report.exitCode, EXIT.ok);
  });

  void test('is, with --json, one JSON object on stdout and nothing else: that of report.json', () => {
    assert.deepEqual(JSON.parse(redis.ended.stdout), redis.report);
    assert.equal(redis.ended.stdout.trimEnd().split('\n}\n').length, 1);
  });

  void test('has every hazard of its profile exercised', () => {
    for (const hazard of ['none', 'client-pause', 'client-crash', 'latency', 'server-crash']) {
      const cell = cellOf(redis.report, 'exclusion', hazard);
      assert.equal(cell?.verdict, 'holds', hazard);
      assert.ok(cell.operations > 0, hazard);
      assert.ok(hazard === 'none' || cell.faultsBitten > 0, hazard);
    }
  });

  void test('has a run folder with plans, histories and every format, and is `latest`', () => {
    const names = namesIn(redis.folder);
    for (const name of ['report.json', 'report.html', 'junit.xml', 'summary.md']) assert.ok(names.includes(name), name);
    const plans = filesOf(redis.folder, 'plan');
    assert.deepEqual(
      plans.map((name) => name.replace('plan', 'history').replace('.json', '.ndjson')),
      filesOf(redis.folder, 'history'),
    );
    for (const name of plans) parsePlan(readFileSync(join(redis.folder, name), 'utf8'), name);
    const runs = join(sandbox.work, 'runs');
    assert.deepEqual(namesIn(runs).toSorted(), [readlinkSync(redis.folder), 'latest'].toSorted());
    assert.match(readlinkSync(redis.folder), /-redis-basic$/);
  });

  for (const model of ['lock', 'belief', 'resource', 'notice', 'liveness']) {
    void test(`is judged the same by check --model ${model} on its histories`, async () => {
      const histories = filesOf(redis.folder, 'history').map((name) => join(redis.folder, name));
      const { code, stdout, stderr } = await sandbox.run(['check', ...histories, '--model', model, '--json']);
      assert.equal(code, EXIT.ok, stdout + stderr);
      const answers = stdout
        .trimEnd()
        .split('\n')
        .map((line): unknown => JSON.parse(line));
      assert.equal(answers.length, histories.length);
      for (const answer of answers) assert.partialDeepStrictEqual(answer, { model, valid: true });
    });
  }

  void test('is rendered again by report, with the same exit code', async () => {
    const { code, stdout } = await sandbox.run(['report'], { cwd: sandbox.work });
    assert.equal(code, EXIT.ok);
    assert.match(stdout, /redis-basic: every claim that was tested holds/);
    const json = await sandbox.run(['report', 'runs/latest', '--json']);
    assert.deepEqual(JSON.parse(json.stdout), redis.report);
  });

  void test('has nothing to replay as a run, and says so', async () => {
    const { code, stderr } = await sandbox.run(['replay', 'runs/latest']);
    assert.equal(code, EXIT.usage);
    assert.match(stderr, /no counterexample to replay/);
  });

  void test('leaves nothing behind', () => sandbox.untilNothingLeft());
});

void describe('plans', { concurrency: 2 }, () => {
  const ARGS = [
    '--impl',
    'none',
    '--hazard',
    'client-pause,client-crash',
    '--runs',
    '1',
    '--seed',
    '7',
    '--workers',
    '2',
  ];
  let sandbox: Sandbox;
  let whole: ReadonlyMap<string, string>;
  const plansOf = async (name: string, args: readonly string[]): Promise<ReadonlyMap<string, string>> => {
    const { folder } = await run(sandbox, name, [...ARGS, ...args]);
    return new Map(filesOf(folder, 'plan').map((file) => [file, readFileSync(join(folder, file), 'utf8')]));
  };
  before(async () => {
    sandbox = new Sandbox();
    whole = await plansOf('whole', []);
    assert.equal(whole.size, 2);
  });
  after(() => sandbox[Symbol.asyncDispose]());

  void test('of the same seed are the same, byte for byte', async () => {
    assert.deepEqual(await plansOf('again', []), whole);
  });

  void test('are parted by --shard: each in exactly one share, unchanged', async () => {
    const first = await plansOf('first', ['--shard', '1/2']);
    const second = await plansOf('second', ['--shard', '2/2']);
    assert.deepEqual([first.size, second.size], [1, 1]);
    assert.deepEqual(new Map([...first, ...second]), new Map(whole));
  });
});

void test('list --json names every lock of the catalogue, the scenarios and the profiles', async () => {
  await using sandbox = new Sandbox();
  const { code, stdout, stderr } = await sandbox.run(['list', '--json']);
  assert.deepEqual([code, stderr], [EXIT.ok, '']);
  const { locks, scenarios, brokenScenarios, profiles } = JSON.parse(stdout) as {
    locks: { name: string; claims: object }[];
    scenarios: string[];
    brokenScenarios: string[];
    profiles: Record<string, { hazards: string[] }>;
  };
  assert.deepEqual(
    locks.map(({ name }) => name),
    [...catalogue.keys()],
  );
  assert.ok(scenarios.includes('shared-counter'));
  assert.ok(brokenScenarios.includes('broken/unordered'));
  assert.deepEqual(Object.keys(profiles), ['smoke', 'default', 'deep']);
});

void test('list --hazards tells of each hazard what it does, when it bit and where it is available; --json the same', async () => {
  await using sandbox = new Sandbox();
  const [text, json] = [await sandbox.run(['list', '--hazards']), await sandbox.run(['list', '--hazards', '--json'])];
  assert.deepEqual([text.code, text.stderr, json.code, json.stderr], [EXIT.ok, '', EXIT.ok, '']);
  const { hazards } = JSON.parse(json.stdout) as {
    hazards: { name: string; summary: string; bitWhen: string | null; topologies: string[]; serverless: boolean }[];
  };
  assert.deepEqual(
    hazards.map(({ name }) => name),
    HAZARDS,
  );
  for (const { name, summary, bitWhen, topologies } of hazards) {
    assert.ok(topologies.length > 0, name);
    const [head = '', ...rest] = text.stdout.split(`\n  ${name} `)[1]?.split('\n') ?? [];
    assert.equal(head.trim(), summary);
    if (bitWhen !== null) assert.equal(rest.shift()?.trim(), `bit when ${bitWhen}`);
    assert.match(rest[0] ?? '', /^ +available (everywhere|wherever there are servers|on .+)$/);
  }
  const where = new Map(hazards.map((hazard) => [hazard.name, hazard]));
  assert.ok(where.get('client-pause')?.serverless);
  assert.ok(!where.get('latency')?.serverless && where.get('latency')?.topologies.includes('single'));
  assert.ok(!where.get('failover')?.topologies.includes('single'));
});

void test('doctor --json says what is here and where', async () => {
  await using sandbox = new Sandbox();
  const { code, stdout, stderr } = await sandbox.run(['doctor', '--json']);
  assert.deepEqual([code, stderr], [EXIT.ok, '']);
  const report = JSON.parse(stdout) as { node: string; native: { name: string; found: string | null }[] };
  assert.equal(report.node, process.versions.node);
  for (const name of ['redis-server', 'toxiproxy'])
    assert.ok(
      report.native.some((one) => one.name === name && one.found !== null),
      name,
    );
});
