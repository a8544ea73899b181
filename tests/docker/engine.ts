/** A Docker engine for the tests: the one that answers, or else one of our own, in a temporary folder. */
import assert from 'node:assert/strict';
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, openSync, readFileSync, rmSync, closeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { findCommand } from '../../harness/backends/binaries.ts';
import { dockerVersion } from '../../harness/backends/engine.ts';

const ANSWERS_WITHIN_MS = 120_000;
const BELONGINGS_WITHIN_MS = 60_000;
/** A network that the engine would not choose for containers by itself. */
const BRIDGE_ADDRESS = '10.213.0.1/24';

/** Lines that the docker command prints. */
export async function docker(...args: string[]): Promise<string[]> {
  const { stdout } = await promisify(execFile)('docker', args);
  return stdout.split('\n').filter((line) => line !== '');
}

/** Everything that a run could leave on the engine. */
export async function belongings(): Promise<string[]> {
  const [containers, networks, volumes] = await Promise.all([
    docker('ps', '--all', '--format', 'container {{.ID}} {{.Image}} {{.Status}}'),
    docker('network', 'ls', '--format', 'network {{.Name}}'),
    docker('volume', 'ls', '--format', 'volume {{.Name}}'),
  ]);
  return [...containers, ...networks, ...volumes];
}

export async function untilBelongings(areAsWanted: (now: readonly string[]) => boolean): Promise<void> {
  const bound = performance.now() + BELONGINGS_WITHIN_MS;
  for (;;) {
    const now = await belongings();
    if (areAsWanted(now)) return;
    assert.ok(performance.now() < bound, `on the engine there are:\n${now.join('\n')}`);
    await sleep(200);
  }
}

/**
 * Afterwards the docker command, and the children of this process, reach an engine.
 * @throws when there is none and none can be started: a missing engine is an error here, never a skip.
 */
export async function provideEngine(): Promise<AsyncDisposable> {
  if ((await dockerVersion()) !== undefined) return { [Symbol.asyncDispose]: async () => undefined };
  for (const command of ['docker', 'dockerd', 'containerd', 'iptables', 'ip', 'setpriv']) {
    if (findCommand(command) !== undefined) continue;
    throw new Error(`no Docker engine answers and ${command} is not installed: run "npm run setup -- --for-tests"`);
  }
  if (process.getuid?.() !== 0) throw new Error('no Docker engine answers, and only root may start one here');
  return startEngine();
}

/** On a bridge of its own and without the packet filter, so that it can be taken away again without a trace. */
async function startEngine(): Promise<AsyncDisposable> {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-engine-'));
  const before = process.env['DOCKER_HOST'];
  const address = `unix://${join(folder, 'docker.sock')}`;
  const logFile = join(folder, 'log');
  const log = openSync(logFile, 'a');
  const bridge = `holdfast${process.pid}`;
  await ip('link', 'add', 'name', bridge, 'type', 'bridge');
  await ip('address', 'add', BRIDGE_ADDRESS, 'dev', bridge);
  await ip('link', 'set', bridge, 'up');
  const engine = spawn(
    'setpriv',
    [
      // However the tests end, it is told to end too.
      ...['--pdeathsig', 'TERM', findCommand('dockerd') ?? 'dockerd'],
      ...['--host', address, '--pidfile', join(folder, 'pid')],
      ...['--data-root', join(folder, 'data'), '--exec-root', join(folder, 'exec')],
      // Published ports are served by a process for each; containers need no way out.
      ...['--bridge', bridge, '--iptables=false', '--ip-masq=false', '--ip-forward=false'],
    ],
    // A group of its own: Ctrl-C reaches the tests alone, which stop it.
    { stdio: ['ignore', log, log], detached: true },
  );
  closeSync(log);
  process.env['DOCKER_HOST'] = address;
  const stop = async (): Promise<void> => {
    if (before === undefined) delete process.env['DOCKER_HOST'];
    else process.env['DOCKER_HOST'] = before;
    await end(engine);
    await ip('link', 'delete', bridge);
    rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  };
  try {
    await untilAnswering(engine, logFile);
  } catch (error) {
    await stop();
    throw error;
  }
  return { [Symbol.asyncDispose]: stop };
}

const ip = (...args: string[]): Promise<unknown> => promisify(execFile)(findCommand('ip') ?? 'ip', args);

async function untilAnswering(engine: ChildProcess, logFile: string): Promise<void> {
  const bound = performance.now() + ANSWERS_WITHIN_MS;
  while ((await dockerVersion()) === undefined) {
    if (hasEnded(engine) || performance.now() > bound) {
      const log = readFileSync(logFile, 'utf8').split('\n').slice(-8).join('\n');
      throw new Error(`no Docker engine answers here, and dockerd cannot be started:\n${log}`);
    }
    await sleep(100);
  }
}

async function end(engine: ChildProcess): Promise<void> {
  if (hasEnded(engine)) return;
  const exited = once(engine, 'exit');
  engine.kill('SIGTERM');
  await exited;
}

const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;
