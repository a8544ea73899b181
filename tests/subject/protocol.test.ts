/** The worker's side of the protocol, with subjects that do right and wrong. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { after, test } from 'node:test';
import type { Property } from 'holdfast-locks/internal/claims';
import { LockAbortedError, LockOutcomeUnknownError, LockTimeoutError, type Lease } from 'holdfast-locks';
import { monotonicNs } from '../../harness/history/recorder.ts';
import { mustBeTrusted } from '../../harness/commands/trust.ts';
import type { Plan } from '../../harness/plan/plan.ts';
import { loadSubject } from '../../harness/subject/protocol/file.ts';
import { checkedLock, ContractError, loadLockModule } from '../../harness/subject/module.ts';
import { isStamped, subject, type ConnectedSubject, type StampedLease } from '../../harness/subject/stamps.ts';

const FIXTURE = join(import.meta.dirname, 'fixtures', 'subject.mjs');
const folder = mkdtempSync(join(tmpdir(), 'holdfast-subject-'));
after(() => rmSync(folder, { recursive: true }));

async function connect(
  misdeed: string,
  more: object = {},
): Promise<Pick<ConnectedSubject, 'lock' | typeof subject> & { readonly close: () => Promise<void> }> {
  const file = join(folder, `${misdeed}.json`);
  const command = [process.execPath, FIXTURE, misdeed];
  writeFileSync(
    file,
    JSON.stringify({ holdfast: 'subject', version: 1, name: misdeed, backend: 'memory', command, ...more }),
  );
  const module = await loadLockModule(pathToFileURL(file).href);
  const place = { endpoints: [], natMap: {}, prefix: 'p:', folder, options: {}, signal: new AbortController().signal };
  const connected = (await module.connect(place)) as ConnectedSubject;
  const { lock, [subject]: watched } = connected;
  return { lock: checkedLock(lock), [subject]: watched, close: () => connected.close() };
}

function stamped(lease: Lease): StampedLease {
  assert.ok(isStamped(lease));
  return lease;
}

void test('a grant carries the stamps of its call, within the request and the answer, and the deadline', async () => {
  const { lock, close } = await connect('none');
  const before = monotonicNs();
  const lease = stamped(await lock.acquire('key', { leaseMs: 500 }));
  const { asked, answered, deadline, leaseMs } = lease.grant;
  assert.ok(before <= asked && asked <= answered && answered <= monotonicNs());
  assert.ok(typeof deadline === 'bigint' && deadline - asked >= 500_000_000n && deadline - answered <= 500_000_000n);
  assert.deepEqual([leaseMs, lease.fencingToken, lease.key], [500, 17n, 'key']);
  assert.equal(await lock.tryAcquire('key'), null);
  await assert.rejects(lock.acquire('key', { timeoutMs: 30 }), LockTimeoutError);
  assert.equal(await lease.release(), 'released');
  await close();
});

void test('moments of a clock of another origin are on ours, to within a ping', async () => {
  const { lock, close } = await connect('other-clock');
  const before = monotonicNs();
  const { asked, answered } = stamped(await lock.acquire('key', { leaseMs: 500 })).grant;
  const after_ = monotonicNs();
  const roomNs = 50_000_000n;
  assert.ok(asked >= before && asked <= after_ + roomNs, `${asked - before}`);
  assert.ok(answered <= after_ && answered >= before - roomNs, `${after_ - answered}`);
  await close();
});

void test('a wait that is given up ends by the abort, and nothing was taken', async () => {
  const { lock, close } = await connect('none');
  await lock.acquire('key', { leaseMs: 60_000 });
  const giveUp = new AbortController();
  const waiting = lock.acquire('key', { timeoutMs: 60_000, signal: giveUp.signal });
  giveUp.abort();
  await assert.rejects(waiting, (error) => error instanceof LockAbortedError && error.outcome === 'definite');
  await close();
});

void test('a grant that comes after its wait was given up is released, and nobody knows of it', async () => {
  const { lock, close } = await connect('late');
  const giveUp = new AbortController();
  const waiting = lock.acquire('key', { signal: giveUp.signal });
  giveUp.abort();
  await assert.rejects(waiting, (error) => error instanceof LockAbortedError && error.outcome === 'unknown');
  await close();
});

void test('a loss ends the lease at the moment of its stamp', async () => {
  const { lock, close } = await connect('loses');
  const lease = stamped(await lock.acquire('key', { leaseMs: 60_000 }));
  const aborted = new Promise((resolve) => lease.signal.addEventListener('abort', resolve));
  await aborted;
  assert.ok(lease.lostAt !== undefined && lease.lostAt > lease.grant.answered && lease.lostAt <= monotonicNs());
  await close();
});

void test('a success that states nothing is "done", which is not "released"', async () => {
  const { lock, close } = await connect('void');
  assert.equal(await (await lock.acquire('key')).release(), 'done');
  await close();
});

void test('a process that ends by itself leaves its calls unknown, and is told with when it last lived', async () => {
  const connected = await connect('exit');
  const asked = monotonicNs();
  await assert.rejects(connected.lock.acquire('key'), LockOutcomeUnknownError);
  const { kind, message, lastStamp } = await connected[subject].ended;
  assert.deepEqual([kind, message], ['exit', 'its process ended by itself (exit code 7)']);
  assert.ok(lastStamp <= monotonicNs() && lastStamp > asked - 1_000_000_000n);
});

for (const [misdeed, expected] of [
  ['garbage', /wrote to stdout what is no JSON: "debug: hello"/],
  ['future', /gave moments that are not between its request and its answer/],
] as const) {
  void test(`what the protocol does not allow is named: ${misdeed}`, async () => {
    const connected = await connect(misdeed);
    if (misdeed === 'future') await assert.rejects(connected.lock.acquire('key'), LockOutcomeUnknownError);
    const { kind, message } = await connected[subject].ended;
    assert.equal(kind, 'contract');
    assert.match(message, expected);
  });
}

void test('one that does not exit when it is told to is named, and killed', async () => {
  const { close } = await connect('stays');
  await assert.rejects(close(), (error) => error instanceof ContractError && error.message.includes('2 s of "bye"'));
});

void test('what a file declares and its hello does not is refused', async () => {
  await assert.rejects(connect('none', { features: ['shared'] }), /declares shared, and its "hello" does not/);
});

void test('locks of one library share a build, which is another when any of its sources changes', () => {
  const [library, helper] = ['library', 'helper'].map((name) => mkdtempSync(join(folder, `${name}-`)));
  assert.ok(library !== undefined && helper !== undefined);
  const buildOf = (name: string): string => {
    const file = join(library, `${name}.json`);
    const more = { command: ['${build}/it'], build: ['true'], sources: [relative(library, helper)] };
    writeFileSync(file, JSON.stringify({ holdfast: 'subject', version: 1, name, backend: 'memory', ...more }));
    return loadSubject(pathToFileURL(file).href).built;
  };
  const first = buildOf('plain');
  assert.equal(buildOf('fair'), first);
  writeFileSync(join(helper, 'helper.go'), 'package helper');
  assert.notEqual(buildOf('fair'), first);
  writeFileSync(join(helper, 'helper.go'), '');
  const emptied = buildOf('plain');
  writeFileSync(join(library, 'main.go'), 'package main');
  assert.notEqual(buildOf('plain'), emptied);
});

void test('claims in one word leave out what no declared feature shows', async () => {
  const file = join(folder, 'words.json');
  const module = async (more: object): Promise<string[]> => {
    const whole = { holdfast: 'subject', version: 1, name: 'words', backend: 'redis', command: ['true'], ...more };
    writeFileSync(file, JSON.stringify(whole));
    const { claims } = await loadLockModule(pathToFileURL(file).href);
    return Object.keys(claims).filter((property) => claims[property as Property]?.otherwise !== 'not-applicable');
  };
  const always = ['exclusion', 'no-lost-update', 'deadlock-freedom'];
  assert.deepEqual(await module({ claims: 'lease' }), always);
  assert.deepEqual(new Set(await module({ claims: 'lease', features: ['fence'] })), new Set([...always, 'fencing']));
  assert.deepEqual(await module({}), always);
});

void test('a lease of a user with fields of our names is a lease like any other', () => {
  const theirs = { grant: {}, lostAt: 1n, subject: {} } as unknown as Lease;
  assert.equal(isStamped(theirs), false);
});

void test('beyond a deadline, "held" twice without a word of a loss is a loss untold', async () => {
  const { lock, close } = await connect('never-told');
  const lease = stamped(await lock.acquire('key', { leaseMs: 20, renew: false }));
  await sleep(60);
  const deadline = lease.grant.deadline as bigint;
  const [first, second] = [await lease.stillHeld(), await lease.stillHeld()];
  assert.ok(first?.held === true && second?.held === true && first.asked > deadline);
  await close();
});

void test('a plan that names a command is run only when it is trusted', () => {
  const plan = { lock: 'exec+redis:python3 my_lock.py', scenario: 'shared-counter' } as Plan;
  assert.throws(
    () => mustBeTrusted(plan, 'plan.json', false),
    /exec\+redis:python3 my_lock\.py; it would run with your rights/,
  );
  mustBeTrusted(plan, 'plan.json', true);
});
