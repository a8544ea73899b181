/** The program as users run it: a process of its own, in folders of its own, under a mark that its descendants inherit. */
import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export const ROOT = resolve(import.meta.dirname, '..', '..');
export const MAIN = join(ROOT, 'harness', 'cli', 'main.ts');

const MARK = 'HOLDFAST_TEST_MARK';
const POLL_MS = 20;
/** The program is started often here; most of that is the stripping of types. */
const COMPILED = join(ROOT, 'node_modules', '.cache', 'holdfast-tests');

export interface Ended {
  /** Of a process that was ended by a signal: what shells make of it. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Settings {
  readonly env?: Readonly<Record<string, string>>;
  /** Where the program is started; default: the folder of the sandbox. */
  readonly cwd?: string;
}

/** A folder for what a test writes, and one for the temporary files of all that it starts. */
export class Sandbox implements AsyncDisposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'holdfast-e2e-'));
  readonly temp = join(this.folder, 'tmp');
  /** Where the program is started: what it leaves there is seen. */
  readonly work = join(this.folder, 'work');
  readonly #mark = randomUUID();
  readonly #started: ChildProcess[] = [];

  constructor() {
    mkdirSync(this.temp);
    mkdirSync(this.work);
  }

  start(args: readonly string[], settings: Settings = {}): Running {
    return this.#spawn([process.execPath, MAIN, ...args], settings);
  }

  /** A command line as a user would paste it. */
  paste(line: string, settings: Settings = {}): Promise<Ended> {
    return this.#spawn(['sh', '-c', line], settings).ended;
  }

  #spawn([command = '', ...args]: readonly string[], { env, cwd }: Settings): Running {
    const child = spawn(command, args, {
      cwd: cwd ?? this.work,
      env: {
        ...process.env,
        ...{ NO_COLOR: '1', CI: '', NODE_OPTIONS: '', NODE_COMPILE_CACHE: COMPILED },
        ...{ GITHUB_ACTIONS: '', GITHUB_STEP_SUMMARY: '' },
        ...env,
        TMPDIR: this.temp,
        [MARK]: this.#mark,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#started.push(child);
    return new Running(child);
  }

  run(args: readonly string[], settings: Settings = {}): Promise<Ended> {
    return this.start(args, settings).ended;
  }

  /** Everything alive that this sandbox's program started, itself included: by environment, folder or command line. */
  processes(): Alive[] {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map((pid) => alive(Number(pid)))
      .filter((one) => one !== undefined)
      .filter(
        ({ environment, folder, command }) =>
          environment.includes(`${MARK}=${this.#mark}`) || folder.startsWith(this.temp) || command.includes(this.temp),
      );
  }

  /** What is left of the program: processes, and files in the temporary folder. */
  left(): string[] {
    return [
      ...this.processes().map(({ pid, state, command }) => `process ${pid} (${state}): ${command}`),
      ...readdirSync(this.temp).map((name) => `temporary ${name}`),
    ];
  }

  async untilNothingLeft(): Promise<void> {
    await until(
      () => this.left().length === 0,
      () => `still there: ${this.left().join('; ')}`,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#started) child.kill('SIGKILL');
    for (const { pid } of this.processes()) tryKill(pid);
    await until(
      () => this.processes().length === 0,
      () => 'the test cannot end what it started',
    );
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

export class Running {
  readonly ended: Promise<Ended>;
  readonly #child: ChildProcess;
  #stdout = '';
  #stderr = '';

  constructor(child: ChildProcess) {
    this.#child = child;
    child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.#stdout += text));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.#stderr += text));
    this.ended = new Promise((done, reject) => {
      child.once('error', reject);
      child.once('close', (code, signal) =>
        done({ code: code ?? SIGNAL_CODES[signal ?? ''] ?? -1, stdout: this.#stdout, stderr: this.#stderr }),
      );
    });
  }

  get stderr(): string {
    return this.#stderr;
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** @returns `false` when it had ended before. */
  signal(name: NodeJS.Signals): boolean {
    return !this.hasEnded && this.#child.kill(name);
  }
}

/** What shells answer for a program that a signal ended. */
const SIGNAL_CODES: Readonly<Record<string, number>> = { SIGINT: 130, SIGKILL: 137 };

export interface Alive {
  readonly pid: number;
  /** As in `ps`: `T` is stopped. */
  readonly state: string;
  readonly command: string;
  readonly folder: string;
  readonly environment: readonly string[];
}

/** `undefined` for what has ended, zombies included. */
function alive(pid: number): Alive | undefined {
  try {
    const [, state = ''] = /\) (\S)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? [];
    if (state === 'Z' || state === 'X') return undefined;
    return {
      pid,
      state,
      command: readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim(),
      folder: readlinkSync(`/proc/${pid}/cwd`),
      environment: readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0'),
    };
  } catch {
    return undefined;
  }
}

function tryKill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself.
  }
}

/** Bound of every wait: far beyond what a busy machine needs, for it only ever ends a test that has failed. */
const BOUND_MS = 60_000;

export async function until(condition: () => boolean, otherwise: () => string, withinMs = BOUND_MS): Promise<void> {
  const bound = performance.now() + withinMs;
  while (!condition()) {
    if (performance.now() > bound) throw new Error(`not within ${withinMs} ms: ${otherwise()}`);
    await sleep(POLL_MS);
  }
}

/** Names in a folder, if it is there. */
export const namesIn = (folder: string): string[] => (existsSync(folder) ? readdirSync(folder) : []);
