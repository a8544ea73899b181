/** The one way in which the harness starts and stops a process of the operating system. */
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { InfrastructureError } from '../base/errors.ts';

export interface ProcessRequest {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Working folder; its `<name>.log` takes the output. */
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Opens a message channel to a Node process. */
  readonly channel?: boolean;
}

export interface RunningProcess {
  readonly pid: number;
  readonly child: ChildProcess;
  /** Settles when the process has ended, with a word on how. */
  readonly exited: Promise<string>;
  /** `false` when it has already ended. */
  signal(signal: NodeJS.Signals): boolean;
  /** SIGCONT and SIGKILL: for processes whose state is thrown away, and for stopped ones. */
  kill(): Promise<void>;
  /** The last lines of its output. */
  lastWords(): string;
}

const LAST_LINES = 12;

/** @throws InfrastructureError when the command cannot be started. */
export async function startProcess(request: ProcessRequest): Promise<RunningProcess> {
  const logFile = join(request.folder, `${request.name}.log`);
  const log = openSync(logFile, 'a');
  const child = spawn(request.command, request.args, {
    cwd: request.folder,
    env: { ...process.env, NODE_OPTIONS: '', ...request.environment },
    stdio: ['ignore', log, log, ...(request.channel ? (['ipc'] as const) : [])],
    // A group of its own: Ctrl-C reaches the harness alone, which stops the others in order.
    detached: true,
  });
  closeSync(log);
  const exited = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => resolve(signal === null ? `exit code ${code}` : `signal ${signal}`));
  });
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', (cause) =>
      reject(new InfrastructureError(`${request.name}: cannot start ${request.command}: ${cause.message}`, { cause })),
    );
  });
  const pid = child.pid;
  if (pid === undefined) throw new InfrastructureError(`${request.name}: started without a process id`);
  const running = (): boolean => child.exitCode === null && child.signalCode === null;
  const signal = (name: NodeJS.Signals): boolean => running() && child.kill(name);
  return {
    pid,
    child,
    exited,
    signal,
    async kill() {
      if (!running()) return;
      signal('SIGKILL');
      await exited;
    },
    lastWords: () => readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-LAST_LINES).join('\n'),
  };
}
