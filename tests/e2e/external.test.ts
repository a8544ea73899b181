/** `--backend external`: servers of the user, which are used with care and left as they were found. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { Hazard } from '../../implementations/claims.ts';
import { EXIT } from '../../harness/verdict/exit-codes.ts';
import { loadConfig } from '../../harness/cli/config.ts';
import { freePort } from '../../harness/backends/ports.ts';
import { reportSchema, type LockReport } from '../../harness/report/report.ts';
import { OwnRedis, OwnToxiproxy, RIGHTS } from './own-servers.ts';
import { namesIn, ROOT, Sandbox, until, type Ended } from './program.ts';

const VERIFY = ['verify', '--backend', 'external', '--profile', 'smoke', '--seed', '7'];
const basic = (...more: string[]): string[] => [...VERIFY, '--impl', 'redis-basic', ...more];
const endpoint = (...servers: readonly OwnRedis[]): string[] => [
  '--endpoint',
  `redis=${servers.map(({ address }) => address).join(',')}`,
];

/** Ports that were free a moment ago, one after another. */
async function portRange(count: number): Promise<[number, number]> {
  const first = await freePort('127.0.0.1');
  return [first, first + count - 1];
}

async function through(proxy: OwnToxiproxy, count = 3): Promise<string[]> {
  return ['--toxiproxy', `${proxy.address},${(await portRange(count)).join('-')}`];
}

function reportOf({ stdout }: Ended): LockReport {
  const [lock] = reportSchema.parse(JSON.parse(stdout)).locks;
  assert.ok(lock !== undefined);
  return lock;
}

const reasonFor = ({ notTestable }: LockReport, hazard: Hazard): string | undefined =>
  notTestable.find((one) => one.hazard === hazard)?.reason;

const bites = ({ cells }: LockReport, hazard: Hazard): number =>
  Math.max(0, ...cells.filter((cell) => cell.hazard === hazard).map((cell) => cell.faultsBitten));

/** Every file below the folder where the program was started, with its text. */
function filesBelow(folder: string): { readonly name: string; readonly text: string }[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((name) => ({ name, text: readFileSync(name, 'utf8') }));
}

function assertSecret(servers: readonly OwnRedis[], ended: Ended, folder: string): void {
  const shown = [{ name: 'stdout', text: ended.stdout }, { name: 'stderr', text: ended.stderr }, ...filesBelow(folder)];
  for (const secret of servers.flatMap(({ secrets }) => secrets)) {
    for (const { name, text } of shown) assert.ok(!text.includes(secret), `${name} shows the password ${secret}`);
  }
}

function assertOneLine({ stderr }: Ended, says: RegExp): void {
  const lines = stderr.split('\n').filter((line) => line.startsWith('holdfast:'));
  assert.equal(lines.length, 1, stderr);
  assert.match(lines[0] ?? '', says);
  assert.doesNotMatch(stderr, /^\s+at /m);
}

void test('addresses by flags: what can be done is done, the rest is listed with its reason, and nothing is left', async () => {
  await using server = await OwnRedis.start('a');
  await using proxy = await OwnToxiproxy.start();
  await using sandbox = new Sandbox();
  await proxy.addProxy('theirs', await freePort('127.0.0.1'));
  using connections = new DisposableStack();
  const admin = connections.adopt(server.connect(), (client) => client.disconnect());
  await admin.set('theirs', 'kept');
  const seen = new Set<string>();
  const monitor = connections.adopt(await admin.monitor(), (client) => client.disconnect());
  monitor.on('monitor', (_time: string, args: string[]) => {
    for (const arg of args) if (arg.startsWith('holdfast:')) seen.add(arg);
  });

  const ended = await sandbox.run(basic('--json', ...endpoint(server), ...(await through(proxy))));

  assert.equal(ended.code, EXIT.ok, ended.stderr);
  const report = reportOf(ended);
  assert.equal(report.backend.provisioner, 'external');
  assert.ok(bites(report, 'latency') > 0);
  assert.ok(bites(report, 'client-crash') > 0);
  for (const hazard of ['server-crash', 'server-crash-volatile', 'clock-jump'] as const) {
    assert.match(reasonFor(report, hazard) ?? '', /not ours to kill/);
  }
  assert.match(reasonFor(report, 'server-pause') ?? '', /--allow-destructive/);
  assert.equal(reasonFor(report, 'reset'), undefined);
  assert.deepEqual(report.backend.settings, {}, 'the settings of a server that is not ours are not known');

  assert.ok(seen.size > 0);
  const prefixes = new Set([...seen].map((name) => name.split(':').slice(0, 2).join(':')));
  assert.equal(prefixes.size, 1, `every name begins with that of the run: ${[...seen].join(' ')}`);
  assert.deepEqual(await server.keys(), ['theirs'], 'fences are gone too, and what was there is still there');
  const refused = (await admin.call('ACL', 'LOG')) as unknown[];
  assert.deepEqual(
    refused.map((entry) => (entry as string[])[7]).filter((command) => command !== 'info'),
    [],
    'nothing was tried beyond the rights that a lock needs',
  );
  assert.deepEqual(await proxy.proxyNames(), ['theirs']);
  assertSecret([server], ended, sandbox.work);
  await sandbox.untilNothingLeft();
});

void test('addresses by a configuration file: five servers, each with a password of its own', async () => {
  await using proxy = await OwnToxiproxy.start();
  await using servers = new AsyncDisposableStack();
  const five: OwnRedis[] = [];
  for (const name of 'abcde') five.push(servers.use(await OwnRedis.start(name)));
  await using sandbox = new Sandbox();
  const config = {
    impl: 'redlock',
    backend: 'external',
    external: {
      servers: { redis: five.map(({ address }) => ({ address })) },
      toxiproxy: { api: proxy.address, listen: '127.0.0.1', ports: await portRange(15) },
    },
  };
  writeFileSync(join(sandbox.work, 'holdfast.config.json'), JSON.stringify(config));

  const hazards = 'none,client-pause,minority-partition';
  const ended = await sandbox.run(['verify', '--profile', 'smoke', '--json', '--seed', '7', '--hazard', hazards]);

  assert.equal(ended.code, EXIT.ok, ended.stderr);
  const report = reportOf(ended);
  assert.deepEqual([report.backend.provisioner, report.backend.topology], ['external', '5 independent nodes']);
  assert.ok(bites(report, 'minority-partition') > 0);
  assert.deepEqual(await Promise.all(five.map((server) => server.keys())), [[], [], [], [], []]);
  assert.deepEqual(await proxy.proxyNames(), []);
  assertSecret(five, ended, join(sandbox.work, 'runs'));
});

void test('without a Toxiproxy the hazards of the network are not testable, and the others are tested', async () => {
  await using server = await OwnRedis.start('a');
  await using sandbox = new Sandbox();
  const args = basic('--json', '--hazard', 'none,client-pause,latency,client-partition', ...endpoint(server));

  const ended = await sandbox.run(args);

  assert.equal(ended.code, EXIT.ok, ended.stderr);
  const report = reportOf(ended);
  assert.ok(bites(report, 'client-pause') > 0);
  for (const hazard of ['latency', 'client-partition', 'reset', 'lost-reply'] as const) {
    assert.match(reasonFor(report, hazard) ?? '', /no Toxiproxy is given/);
  }
  assert.deepEqual(await server.keys(), []);
});

void test('a server is paused only with --allow-destructive, and goes on afterwards', async () => {
  await using server = await OwnRedis.start('a', ['+client|pause', '+client|unpause']);
  await using proxy = await OwnToxiproxy.start();
  await using sandbox = new Sandbox();
  const args = basic('--json', '--hazard', 'none,server-pause', ...endpoint(server), ...(await through(proxy)));

  const careful = reportOf(await sandbox.run(args));
  const ended = await sandbox.run([...args, '--allow-destructive']);

  assert.equal(bites(careful, 'server-pause'), 0);
  assert.match(reasonFor(careful, 'server-pause') ?? '', /--allow-destructive/);
  assert.equal(ended.code, EXIT.ok, ended.stderr);
  const report = reportOf(ended);
  assert.equal(reasonFor(report, 'server-pause'), undefined);
  assert.ok(bites(report, 'server-pause') > 0);
  assert.deepEqual(await server.keys(), []);
});

void describe('what is interrupted leaves no proxy and no key on the servers', { concurrency: 1 }, () => {
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGKILL', 137],
  ] as const) {
    void test(signal, async () => {
      await using server = await OwnRedis.start('a');
      await using proxy = await OwnToxiproxy.start();
      await using sandbox = new Sandbox();
      const running = sandbox.start(
        basic('--hazard', 'late-request,latency', '--runs', '9', ...endpoint(server), ...(await through(proxy))),
      );
      let keys: readonly string[] = [];
      using looks = new DisposableStack();
      const look = looks.adopt(
        setInterval(() => void server.keys().then((found) => (keys = found)), 100),
        clearInterval,
      );
      await until(
        () => keys.length > 0 || running.hasEnded,
        () => `no lock was taken: ${running.stderr}`,
      );
      clearInterval(look);
      assert.equal((await proxy.proxyNames()).length, 3);

      assert.ok(running.signal(signal));

      const ended = await running.ended;
      assert.equal(ended.code, code, ended.stderr);
      await sandbox.untilNothingLeft();
      assert.deepEqual(await proxy.proxyNames(), []);
      assert.deepEqual(await server.keys(), []);
      assertSecret([server], ended, sandbox.work);
    });
  }
});

void describe('what cannot be is told in one line, and nothing is half-started', () => {
  interface Wrong {
    readonly name: string;
    readonly code: number;
    readonly says: RegExp;
    readonly args: (server: OwnRedis, proxy: OwnToxiproxy) => Promise<string[]>;
  }
  const free = (): Promise<number> => freePort('127.0.0.1');
  const cases: readonly Wrong[] = [
    {
      name: 'too few addresses',
      code: EXIT.usage,
      says: /needs 5 redis addresses for "5 independent nodes" and has 1/,
      args: async (server) => [...VERIFY, '--impl', 'redlock', ...endpoint(server)],
    },
    {
      name: 'one server given twice',
      code: EXIT.usage,
      says: /127\.0\.0\.1:\d+ is given twice/,
      args: async (server) => [...VERIFY, '--impl', 'redlock', ...endpoint(server, server, server, server, server)],
    },
    {
      name: 'a server that does not answer',
      code: EXIT.infrastructure,
      says: /redis at 127\.0\.0\.1:\d+ did not answer within \d+ ms: .*ECONNREFUSED/,
      args: async () => basic('--endpoint', `redis=redis://me:hunter2@127.0.0.1:${await free()}`),
    },
    {
      name: 'a wrong password',
      code: EXIT.infrastructure,
      says: /redis at 127\.0\.0\.1:\d+: redis refuses this user: WRONGPASS/,
      args: async (server) => basic('--endpoint', `redis=redis://locks:hunter2@127.0.0.1:${server.endpoint.port}`),
    },
    {
      name: 'no password where one is needed',
      code: EXIT.infrastructure,
      says: /redis at 127\.0\.0\.1:\d+: redis refuses this user: NOAUTH/,
      args: async (server) => basic('--endpoint', `redis=127.0.0.1:${server.endpoint.port}`),
    },
    {
      name: 'a number of a database',
      code: EXIT.usage,
      says: /"redis:\/\/\*\*\*@127\.0\.0\.1:\d+\/3" is no address/,
      args: async (server) => basic('--endpoint', `redis=${server.address}/3`),
    },
    {
      name: 'a Toxiproxy that does not answer',
      code: EXIT.infrastructure,
      says: /toxiproxy at 127\.0\.0\.1:\d+ did not answer/,
      args: async (server) =>
        basic(...endpoint(server), '--toxiproxy', `127.0.0.1:${await free()},${(await portRange(3)).join('-')}`),
    },
    {
      name: 'fewer ports for proxies than are needed',
      code: EXIT.usage,
      says: /are 2; 3 are needed \(workers times nodes\)/,
      args: async (server, proxy) => basic(...endpoint(server), ...(await through(proxy, 2))),
    },
    {
      name: 'ports that proxies of others use',
      code: EXIT.usage,
      says: /are 3, 1 of them used by other proxies; 3 are needed/,
      args: async (server, proxy) => {
        const [first, last] = await portRange(3);
        await proxy.addProxy('theirs', first);
        return basic(...endpoint(server), '--toxiproxy', `${proxy.address},${first}-${last}`);
      },
    },
    {
      name: 'ports in the wrong order',
      code: EXIT.usage,
      says: /--toxiproxy: "127\.0\.0\.1:8474,26010-26000" is not of the form HOST:PORT,FIRST-LAST/,
      args: async (server) => basic(...endpoint(server), '--toxiproxy', '127.0.0.1:8474,26010-26000'),
    },
    {
      name: 'addresses for another provisioner',
      code: EXIT.usage,
      says: /--endpoint is for servers that you run: add --backend external/,
      args: async (server) => ['verify', '--impl', 'redis-basic', '--backend', 'native', ...endpoint(server)],
    },
  ];
  for (const { name, code, says, args } of cases) {
    void test(name, async () => {
      await using server = await OwnRedis.start('a');
      await using proxy = await OwnToxiproxy.start();
      await using sandbox = new Sandbox();
      const given = await args(server, proxy);
      const before = await proxy.proxyNames();

      const ended = await sandbox.run(given);

      assert.equal(ended.code, code, ended.stderr);
      assertOneLine(ended, says);
      assert.doesNotMatch(ended.stderr + ended.stdout, /hunter2/);
      assertSecret([server], ended, sandbox.work);
      assert.deepEqual(namesIn(join(sandbox.work, 'runs')), []);
      assert.deepEqual(await proxy.proxyNames(), before);
      assert.deepEqual(await server.keys(), []);
      await sandbox.untilNothingLeft();
    });
  }
});

void test('the guide shows a valid configuration, and the rights with which these tests run', async () => {
  await using sandbox = new Sandbox();
  const guide = readFileSync(join(ROOT, 'docs', 'external.md'), 'utf8');
  const [, json = ''] = /```json\n(.*?)```/s.exec(guide) ?? [];
  writeFileSync(join(sandbox.work, 'holdfast.config.json'), json);
  assert.equal((await loadConfig(sandbox.work)).backend, 'external');
  assert.equal((await loadConfig(join(ROOT, 'examples', 'external'))).backend, 'external');
  assert.ok(guide.includes(`ACL SETUSER locks on >PASSWORD ${RIGHTS.join(' ')}\n`));
});

void describe("what the server refuses is the server's: exit 5 in its own words", { concurrency: 1 }, () => {
  const refusals: readonly [string, readonly string[], (server: OwnRedis) => Promise<unknown>, RegExp][] = [
    ['a user who may not run scripts', ['-@scripting'], async () => undefined, /NOPERM .*has no permissions/],
    ['the address of a replica', [], (server) => server.tell('replicaof', '127.0.0.1', '1'), /READONLY /],
    ['a full memory', [], (server) => server.tell('config', 'set', 'maxmemory', '1'), /OOM command not allowed/],
  ];
  for (const [name, rights, spoil, words] of refusals) {
    void test(name, async () => {
      await using server = await OwnRedis.start('refuses', rights);
      await spoil(server);
      await using sandbox = new Sandbox();
      const ended = await sandbox.run(basic('--hazard', 'none', '--runs', '1', '--quiet', ...endpoint(server)));
      assert.equal(ended.code, EXIT.infrastructure, ended.stderr);
      assertOneLine(ended, words);
      assert.equal(ended.stdout, '');
      await sandbox.untilNothingLeft();
    });
  }
});
