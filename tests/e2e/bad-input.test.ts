/** What users get wrong, and what machines lack: one clear line, the right exit code, nothing half-started. */
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { findCommand } from '../../harness/backends/binaries.ts';
import { makePlan } from '../../harness/faults/plans.ts';
import { EXIT } from '../../harness/verdict/exit-codes.ts';
import { MAIN, namesIn, ROOT, Sandbox, type Ended, type Settings } from './program.ts';

interface BadInput {
  readonly name: string;
  readonly args: readonly string[];
  /** Files in the folder where the program is started. */
  readonly files?: Readonly<Record<string, string>>;
  readonly says: readonly RegExp[];
}

const CASES = join(ROOT, 'tests', 'check', 'cases');
const HISTORY = readFileSync(join(CASES, 'holds-touch.ndjson'), 'utf8');

const plan = makePlan(
  {
    ...{ lock: 'none', options: {}, topology: 'single', scenario: 'shared-counter' },
    ...{ workers: 3, clientsPerWorker: 1, leaseMs: 600, recoverMs: 1000 },
  },
  ['client-pause'],
  1,
  0,
  'busy',
);
const planWith = (change: object): string => JSON.stringify({ ...plan, ...change });
const [fault] = plan.faults;

const USAGE: readonly BadInput[] = [
  { name: 'an unknown command', args: ['verfy'], says: [/unknown command 'verfy'/, /mean verify/] },
  { name: 'an unknown flag', args: ['verify', '--sede', '3'], says: [/'--sede'/, /mean --seed/] },
  {
    name: 'a plan that names code outside of the project',
    args: ['replay', 'plan.json'],
    files: { 'plan.json': planWith({ lock: '../elsewhere/lock.ts' }) },
    says: [/plan\.json names code outside of/, /elsewhere\/lock\.ts/, /--trust/],
  },
  {
    name: 'a plan whose scenario lies elsewhere',
    args: ['replay', 'plan.json'],
    files: { 'plan.json': planWith({ scenario: '/elsewhere/scenario.js' }) },
    says: [/plan\.json names code outside of/, /\/elsewhere\/scenario\.js/, /--trust/],
  },
  {
    name: 'the same when it is trusted, where there is no such file',
    args: ['replay', 'plan.json', '--trust'],
    files: { 'plan.json': planWith({ lock: '../elsewhere/lock.ts' }) },
    says: [/\.\.\/elsewhere\/lock\.ts: no such file/],
  },
  { name: 'no lock', args: ['verify'], says: [/--impl NAME/, /--all/] },
  { name: 'an unknown lock', args: ['verify', '--impl', 'redlok'], says: [/"redlok"/, /mean "redlock"/] },
  {
    name: 'an unknown hazard',
    args: ['verify', '--impl', 'none', '--hazard', 'client-paus'],
    says: [/--hazard/, /"client-paus"/, /mean "client-pause"/],
  },
  {
    name: 'an unknown profile',
    args: ['verify', '--profile', 'smok'],
    says: [/--profile/, /'smok'/, /smoke, default, deep/],
  },
  { name: 'an unknown provisioner', args: ['verify', '--backend', 'nativ'], says: [/--backend/, /'nativ'/, /native/] },
  { name: 'an unknown topology', args: ['verify', '--topology', 'ring'], says: [/--topology/, /'ring'/, /single/] },
  {
    name: 'an unknown scenario',
    args: ['verify', '--impl', 'none', '--scenario', 'x'],
    says: [/"x"/, /shared-counter/],
  },
  {
    name: 'a number that is none',
    args: ['verify', '--workers', 'many'],
    says: [/--workers/, /'many'/, /whole number/],
  },
  {
    name: 'too many processes',
    args: ['verify', '--impl', 'none', '--workers', '11'],
    says: [/--workers/, /10/, /--clients/],
  },
  {
    name: 'a threshold that is none',
    args: ['verify', '--impl', 'none', '--threshold', 'acquire p99<50'],
    says: [/acquire p99<50/, /p\(99\)/],
  },
  {
    name: 'runs and locks to compare at once',
    args: ['compare', 'runs/latest', '--impl', 'redlock'],
    says: [/finished runs/, /--impl/],
  },
  { name: 'nothing to compare', args: ['compare'], says: [/--impl/, /--all/] },
  { name: 'a run to compare that is none', args: ['compare', 'nowhere'], says: [/nowhere is no run folder/] },
  {
    name: 'a warning that comes after the failure',
    args: ['compare', '--impl', 'redis-basic', '--baseline', 'redis-basic', '--warn', '30', '--fail', '20%'],
    says: [/--warn must not be above --fail/],
  },
  { name: 'a limit that is none', args: ['compare', '--fail', 'much'], says: [/--fail/, /percentage/] },
  { name: 'a duration that is none', args: ['verify', '--time', '5'], says: [/--time/, /'5'/, /30s/] },
  { name: 'a share that is none', args: ['verify', '--shard', '3/2'], says: [/--shard/, /'3\/2'/, /i\/n/] },
  {
    name: 'a hazard on which the lock makes no claim',
    args: ['verify', '--impl', 'none', '--hazard', 'latency'],
    says: [/none \(single\) makes no claim on latency/, /client-pause/],
  },
  {
    name: 'a topology on which the lock does not run',
    args: ['verify', '--impl', 'redlock', '--topology', 'single'],
    says: [/redlock does not run on "single"/, /5 independent nodes/],
  },
  {
    name: 'an address that is none, whose password stays secret',
    args: [
      'verify',
      '--impl',
      'redis-basic',
      '--backend',
      'external',
      '--endpoint',
      'redis=redis://me:hunter2@nowhere',
    ],
    says: [/"redis:\/\/\*\*\*@nowhere" is no address/],
  },
  {
    name: 'external servers without addresses',
    args: ['verify', '--impl', 'redis-basic', '--backend', 'external'],
    says: [/needs 1 redis address/, /--endpoint redis=HOST:PORT/],
  },
  {
    name: 'a configuration with a wrong field',
    args: ['verify', '--impl', 'none'],
    files: { 'holdfast.config.json': '{"profile":"smoky"}' },
    says: [/holdfast\.config\.json/, /profile:/, /"smoke"/],
  },
  {
    name: 'a configuration that is no JSON',
    args: ['verify', '--impl', 'none'],
    files: { 'holdfast.config.json': '{' },
    says: [/holdfast\.config\.json cannot be read/],
  },
  { name: 'a path that does not exist', args: ['verify', '--impl', './gone.ts'], says: [/\.\/gone\.ts: no such file/] },
  { name: 'a folder as a lock', args: ['verify', '--impl', './'], says: [/\.\/ cannot be loaded/] },
  {
    name: 'a file that is no module',
    args: ['verify', '--impl', './a.js'],
    files: { 'a.js': 'a b c\n' },
    says: [/\.\/a\.js cannot be loaded: SyntaxError/],
  },
  {
    name: 'a module that ends the process while it is loaded',
    args: ['verify', '--impl', './a.mjs'],
    files: { 'a.mjs': 'process.exit(0);' },
    says: [/\.\/a\.mjs cannot be loaded: it ended the process while it was loaded \(exit code 0\)/],
  },
  {
    name: 'a module that awaits for ever while it is loaded',
    args: ['verify', '--impl', './a.mjs'],
    files: { 'a.mjs': 'await new Promise(() => undefined);' },
    says: [/\.\/a\.mjs cannot be loaded: it awaits for ever at its top level: .*connect\(\)/],
  },
  {
    name: 'TypeScript that cannot be stripped',
    args: ['verify', '--impl', './a.ts'],
    files: { 'a.ts': '// first\nenum Mode { Shared }\nexport const lock = Mode.Shared;\n' },
    says: [/TypeScript enum is not supported/, /\(a\.ts:2\)/, /compile it/],
  },
  {
    name: 'a decorator',
    args: ['verify', '--impl', './a.ts'],
    files: { 'a.ts': 'const d = () => undefined;\n@d class A {}\nexport const lock = A;\n' },
    says: [/SyntaxError/, /\(a\.ts:2\)/, /decorators/],
  },
  {
    name: 'an import without its ending',
    args: ['verify', '--impl', './a.ts'],
    files: { 'a.ts': "\nexport { lock } from './b';\n", 'b.ts': 'export const lock = 1;\n' },
    says: [/a\.ts:2 imports b, which is not there/, /with its ending, b\.ts/],
  },
  {
    name: 'a module of a folder of CommonJS',
    args: ['verify', '--impl', './a.ts'],
    files: { 'a.ts': 'export const lock = 1;\n', 'package.json': '{"type":"commonjs"}' },
    says: [/\(a\.ts:1\)/, /\.mts or \.mjs/, /"type": "module"/],
  },
  {
    name: 'holdfast where it is not installed',
    args: ['verify', '--impl', './a.ts'],
    files: { 'a.ts': "import { RedisLock } from 'holdfast';\nexport const lock = RedisLock;\n" },
    says: [/"holdfast" is not installed where a\.ts:1 imports it: npm install -D holdfast/],
  },
  {
    name: 'a module without a lock',
    args: ['verify', '--impl', './a.mjs'],
    files: { 'a.mjs': 'export const look = 1;' },
    says: [/\.\/a\.mjs has no export named "lock"/],
  },
  {
    name: 'a module whose every field departs from the contract',
    args: ['verify', '--impl', './a.mjs'],
    files: {
      'a.mjs': `export const lock = { name: '', summary: 3, backend: 'oracle', topologies: ['ring'],
        claims: { exclusion: { otherwise: 'maybe' }, speed: { otherwise: 'holds' } }, recoverMs: -1, connect: 'later' };`,
    },
    says: [
      /\.\/a\.mjs is no lock module/,
      / name: /,
      / summary: /,
      / backend: /,
      / topologies\[0\]: /,
      / claims\.exclusion\.otherwise: /,
      /speed/,
      / recoverMs: /,
      / connect: must be a function/,
    ],
  },
  {
    name: 'a file as the folder for results',
    args: ['verify', '--impl', 'none', '--out', 'a.txt'],
    files: { 'a.txt': '' },
    says: [/a\.txt cannot be written into \(it is no folder\)/, /--out/],
  },
  {
    name: 'a folder for results where none can be made',
    args: ['verify', '--impl', 'none', '--out', '/proc/x'],
    says: [/\/proc\/x cannot be written into/, /--out/],
  },
  {
    name: 'a port that is none',
    args: ['bench', '--impl', 'none', '--metrics-port', '99999'],
    says: [/--metrics-port/, /0 to 65535/],
  },
  { name: 'no time at all', args: ['bench', '--impl', 'none', '--duration', '0s'], says: [/durationMs/] },
  {
    name: 'more time than timers have',
    args: ['bench', '--impl', 'none', '--duration', '10000000000000h'],
    says: [/durationMs/, /24 days/],
  },
  { name: 'a plan that is not there', args: ['replay', 'gone.json'], says: [/gone\.json: no such plan/] },
  { name: 'a folder that is no run', args: ['replay', '.'], says: [/no run folder: it has no report\.json/] },
  { name: 'a report of nothing', args: ['report', 'gone'], says: [/gone is no run folder/] },
  {
    name: 'a plan of bad JSON',
    args: ['replay', 'p.json'],
    files: { 'p.json': '{"holdfast":' },
    says: [/p\.json is not JSON/],
  },
  {
    name: 'JSON that is no plan',
    args: ['replay', 'p.json'],
    files: { 'p.json': '{}' },
    says: [/p\.json is not a plan/],
  },
  {
    name: 'a plan of a newer version',
    args: ['replay', 'p.json'],
    files: { 'p.json': planWith({ version: 9 }) },
    says: [/p\.json is a plan of version 9/, /update/],
  },
  {
    name: 'a plan with wrong fields',
    args: ['replay', 'p.json'],
    files: { 'p.json': planWith({ leaseMs: 'long', faults: [{ ...fault, durationMs: -1 }] }) },
    says: [/p\.json is not a valid plan/, / leaseMs: .*number.*string/, / faults\[0\]\.durationMs: /],
  },
  {
    name: 'a plan whose faults touch what it does not have',
    args: ['replay', 'p.json'],
    files: { 'p.json': planWith({ faults: [{ ...fault, hazard: 'latency', workers: [3], nodes: [1] }] }) },
    says: [/ faults\[0\]\.hazard: "latency"/, / faults\[0\]\.workers: .*3 workers/, / faults\[0\]\.nodes: /],
  },
  {
    name: 'a plan for an unknown lock',
    args: ['replay', 'p.json'],
    files: { 'p.json': planWith({ lock: 'nome' }) },
    says: [/"nome"/, /mean "none"/],
  },
  { name: 'a history that is not there', args: ['check', 'gone.ndjson', '--model', 'lock'], says: [/gone\.ndjson/] },
  {
    name: 'an unknown model',
    args: ['check', 'h.ndjson', '--model', 'lok'],
    says: [/--model/, /'lok'/, /mean "lock"/],
  },
  {
    name: 'a malformed history',
    args: ['check', 'h.ndjson', '--model', 'lock'],
    files: {
      'h.ndjson': `${HISTORY.trimEnd()}\n{"type":"maybe","process":0,"f":"acquire","time":1}\n${HISTORY.trimEnd().split('\n').at(-1)}\n`,
    },
    says: [new RegExp(`h\\.ndjson: line ${HISTORY.trimEnd().split('\n').length + 1}: type: `)],
  },
];

void describe('wrong usage is told in one line, exits 2, and starts nothing', { concurrency: 2 }, () => {
  for (const { name, args, files, says } of USAGE) {
    void test(name, async () => {
      await using sandbox = new Sandbox();
      for (const [file, text] of Object.entries(files ?? {})) writeFileSync(join(sandbox.work, file), text);
      const ended = await sandbox.run(args);
      assertOneLine(ended, EXIT.usage, says);
      assert.deepEqual(namesIn(sandbox.work), Object.keys(files ?? {}));
      await sandbox.untilNothingLeft();
    });
  }
});

void test('output that cannot be written is told, and is no finding', async () => {
  await using sandbox = new Sandbox();
  const { code, stderr } = await sandbox.paste(`${process.execPath} ${MAIN} list > /dev/full`);
  assert.equal(code, EXIT.infrastructure);
  assert.match(stderr, /^holdfast: the output cannot be written: ENOSPC[^\n]*\n$/);
});

void test('what is wrong with any of several locks is told at once, a line for each', async () => {
  await using sandbox = new Sandbox();
  writeFileSync(join(sandbox.work, 'a.mjs'), 'export const look = 1;');
  const { code, stderr } = await sandbox.run(['verify', '--impl', './a.mjs,redlok,./gone.ts']);
  assert.equal(code, EXIT.usage);
  const lines = stderr.trimEnd().split('\n');
  assert.equal(lines.length, 3, stderr);
  for (const [index, words] of [
    /^holdfast: .*a\.mjs has no export/,
    /^holdfast: .*"redlok"/,
    /^holdfast: .*gone\.ts/,
  ].entries())
    assert.match(lines[index] ?? '', words);
});

function assertOneLine({ code, stdout, stderr }: Ended, expected: number, says: readonly RegExp[]): void {
  assert.equal(code, expected, stderr);
  assert.equal(stdout, '');
  assert.match(stderr, /^holdfast: [^\n]+\n$/);
  for (const words of says) assert.match(stderr, words);
}

/** A lock module in one file: the baseline `none`, with something changed about the lock or about each lease. */
const bent = (body: string): string => `
  import { lock as none } from ${JSON.stringify(join(ROOT, 'implementations', 'baseline', 'none.ts'))};
  const onLeases = (bend) => async (context) => {
    const { lock, close } = await none.connect(context);
    return {
      close,
      lock: {
        acquire: async (key, options) => bend(await lock.acquire(key, options)),
        tryAcquire: async (key, options) => bend(await lock.tryAcquire(key, options)),
        using: () => undefined, inspect: () => undefined, health: () => lock.health(),
      },
    };
  };
  export const lock = { ...none, name: 'bent', connect: ${body} };`;

const CONTRACT: readonly { readonly name: string; readonly connect: string; readonly says: readonly RegExp[] }[] = [
  {
    name: 'no lock at all',
    connect: 'async () => undefined',
    says: [/worker \d: connect must resolve to \{ lock, close \}/],
  },
  {
    name: 'methods that are missing',
    connect: 'async () => ({ lock: { acquire() {}, using() {} }, close() {} })',
    says: [/lacks tryAcquire, inspect, health/],
  },
  {
    name: 'a lease with many departures: each is named',
    connect: `onLeases((lease) => ({ key: 'other', token: '', fencingToken: 7, expiresAt: 'soon', signal: {}, release: () => lease.release() }))`,
    says: [
      /worker \d: a lease departs from the contract/,
      /key is "other"/,
      /token /,
      /fencingToken must be a bigint/,
      /expiresAt /,
      /signal /,
      /remainingMs /,
      /renew /,
      /onRenewed /,
    ],
  },
  {
    name: 'a health that is no promise',
    connect: `async (context) => {
      const { lock, close } = await none.connect(context);
      return { close, lock: { ...Object.fromEntries(['acquire', 'tryAcquire', 'using', 'inspect'].map((name) => [name, lock[name].bind(lock)])), health: () => true } };
    }`,
    says: [/health must return a promise, and returned true/],
  },
  {
    name: 'a fencing token below zero',
    connect:
      'onLeases((lease) => ({ ...lease, key: lease.key, token: lease.token, fencingToken: -5n, signal: lease.signal }))',
    says: [/fencingToken must not be negative, is -5/],
  },
  {
    name: 'words on the channel of the process, such as those of process managers',
    connect: `onLeases((lease) => { process.send?.('ready'); return lease; })`,
    says: [/worker \d: it called process\.send\('ready'\)/],
  },
  { name: 'a grant that is no lease', connect: 'onLeases(() => null)', says: [/a grant must be a lease, and is null/] },
  {
    name: 'a release that rejects',
    connect: `onLeases((lease) => { lease.release = async () => { throw new Error('no answer'); }; return lease; })`,
    says: [/release must never reject, and did: Error: no answer/],
  },
  {
    name: 'a release with an answer of its own',
    connect: `onLeases((lease) => { lease.release = async () => true; return lease; })`,
    says: [/release must answer released, done, lost, unknown, and answered true/],
  },
];

void describe('a lock that departs from the contract is named, with how; exit 2', { concurrency: 2 }, () => {
  for (const { name, connect, says } of CONTRACT) {
    void test(name, async () => {
      await using sandbox = new Sandbox();
      writeFileSync(join(sandbox.work, 'bent.mjs'), bent(connect));
      const ended = await sandbox.run([
        'verify',
        '--impl',
        './bent.mjs',
        '--hazard',
        'none',
        '--workers',
        '1',
        '--quiet',
      ]);
      assertOneLine(ended, EXIT.usage, says);
      await sandbox.untilNothingLeft();
    });
  }

  void test('a lock that cannot connect is an infrastructure failure, in its own words', async () => {
    await using sandbox = new Sandbox();
    writeFileSync(join(sandbox.work, 'bent.mjs'), bent(`async () => { throw new Error('nobody is at home'); }`));
    const ended = await sandbox.run([
      'verify',
      '--impl',
      './bent.mjs',
      '--hazard',
      'none',
      '--workers',
      '1',
      '--quiet',
    ]);
    assertOneLine(ended, EXIT.infrastructure, [/worker \d: nobody is at home/]);
    await sandbox.untilNothingLeft();
  });
});

void test('a history that is cut in its last line is judged, with a warning', async () => {
  await using sandbox = new Sandbox();
  writeFileSync(join(sandbox.work, 'h.ndjson'), HISTORY.trimEnd().slice(0, -5));
  const { code, stdout, stderr } = await sandbox.run(['check', 'h.ndjson', '--model', 'lock', '--json']);
  assert.equal(code, EXIT.ok, stderr);
  assert.match(stderr, /^holdfast: h\.ndjson: warning: [^\n]+\n$/);
  assert.partialDeepStrictEqual(JSON.parse(stdout), { file: 'h.ndjson', model: 'lock', valid: true });
});

const VERIFY_REDIS = [
  'verify',
  '--impl',
  'redis-basic',
  '--hazard',
  'client-crash',
  '--runs',
  '1',
  '--quiet',
  '--backend',
];

/** A PATH with only these programs: paths to link to, or scripts. */
function pathWith(sandbox: Sandbox, programs: Readonly<Record<string, { link: string } | { script: string }>>): string {
  const folder = join(sandbox.folder, 'bin');
  mkdirSync(folder);
  for (const [name, program] of Object.entries(programs)) {
    const file = join(folder, name);
    if ('link' in program) symlinkSync(program.link, file);
    else writeFileSync(file, `#!/bin/sh\n${program.script}\n`);
    if ('script' in program) chmodSync(file, 0o755);
  }
  return folder;
}

function installed(command: string): string {
  const path = findCommand(command);
  assert.ok(path !== undefined, `these tests need ${command}: npm run setup`);
  return path;
}

void describe('what a machine lacks is told with the command that adds it; exit 5', { concurrency: 2 }, () => {
  const setup = /run "npm run setup -- --backends redis"/;
  const missing: readonly [string, (sandbox: Sandbox) => Settings['env'], readonly string[], readonly RegExp[]][] = [
    [
      'no server',
      (sandbox) => ({ PATH: pathWith(sandbox, {}) }),
      [...VERIFY_REDIS, 'native'],
      [/redis-server is not installed/, setup],
    ],
    [
      'no Toxiproxy',
      (sandbox) => ({
        PATH: pathWith(sandbox, { 'redis-server': { link: installed('redis-server') } }),
        XDG_CACHE_HOME: sandbox.folder,
      }),
      [...VERIFY_REDIS, 'native'],
      [/toxiproxy is not installed/, setup],
    ],
    [
      'neither Docker nor a server, in CI, where the simulation is no stand-in',
      (sandbox) => ({ PATH: pathWith(sandbox, {}), CI: 'true' }),
      [...VERIFY_REDIS, 'auto'],
      [/neither a Docker engine nor redis-server/, setup],
    ],
  ];
  for (const [name, env, args, says] of missing) {
    void test(name, async () => {
      await using sandbox = new Sandbox();
      assertOneLine(await sandbox.run(args, { env: env(sandbox) ?? {} }), EXIT.infrastructure, says);
      assert.deepEqual(namesIn(sandbox.work), []);
      await sandbox.untilNothingLeft();
    });
  }
});

void test('a server that ends while it starts is quoted; exit 5, and nothing is left', async () => {
  await using sandbox = new Sandbox();
  const PATH = pathWith(sandbox, { 'redis-server': { script: 'echo "Fatal: cannot make the tea"; exit 3' } });
  const { code, stdout, stderr } = await sandbox.run([...VERIFY_REDIS, 'native'], { env: { PATH } });
  assert.equal(code, EXIT.infrastructure);
  assert.equal(stdout, '');
  assert.equal(stderr, 'holdfast: redis ended while it started: exit code 3\nFatal: cannot make the tea\n');
  assert.deepEqual(namesIn(sandbox.work), []);
  await sandbox.untilNothingLeft();
});

void test('a port that is taken between the look and the start costs another look, not the run', async () => {
  await using sandbox = new Sandbox();
  const taker = join(sandbox.folder, 'taker.mjs');
  const taken = join(sandbox.folder, 'taken');
  writeFileSync(
    taker,
    `import { createServer } from 'node:net';
     import { writeFileSync } from 'node:fs';
     createServer().listen(Number(process.argv[2]), '127.0.0.1', () => writeFileSync(process.argv[3], ''));`,
  );
  // The first server to start finds its port taken by somebody else; the others do not.
  const script = `
    port=$(echo "$@" | sed 's/.*--port \\([0-9]*\\).*/\\1/')
    if mkdir ${join(sandbox.folder, 'first')} 2>/dev/null; then
      ${process.execPath} ${taker} $port ${taken} &
      while [ ! -e ${taken} ]; do sleep 0.02; done
    fi
    exec ${installed('redis-server')} "$@"`;
  const PATH = `${pathWith(sandbox, { 'redis-server': { script } })}:${process.env['PATH']}`;
  const { code, stderr } = await sandbox.run([...VERIFY_REDIS, 'native'], { env: { PATH } });
  assert.equal(code, EXIT.ok, stderr);
  assert.ok(namesIn(sandbox.folder).includes('taken'));
  await sandbox.untilNothingLeft();
});
