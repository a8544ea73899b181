/** A subject's process: started, asked line by line, heard, and ended. */
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { Readable, Writable } from 'node:stream';
import { describeIssues, oneLine, shown } from '../../base/issues.ts';
import { monotonicNs } from '../../history/recorder.ts';
import type { SubjectEnd } from '../stamps.ts';
import { answerSchema, eventSchema, isKnownEvent, type Answer, type Question, type SubjectEvent } from './messages.ts';

/** Far more than any line of the protocol needs. */
const LONGEST_LINE = 1 << 20;
const KEPT_WORDS = 4096;
const LAST_LINES = 6;
/** After `bye`, or after its output has ended. */
export const EXITS_WITHIN_MS = 2000;
/** What a process has said arrives at once when it has ended; a child of its own may hold the pipe open. */
const DRAINED_WITHIN_MS = 200;
/** Signals that a program brings upon itself; all others come from outside. */
const OWN_SIGNALS: readonly string[] = [
  'SIGSEGV',
  'SIGBUS',
  'SIGILL',
  'SIGFPE',
  'SIGABRT',
  'SIGTRAP',
  'SIGSYS',
  'SIGPIPE',
];
/** By which a subject says that it speaks no version that was offered. */
const SPEAKS_NO_VERSION = 64;

/** It has ended, or will: what was asked has no answer. */
export class SubjectEnded extends Error {
  override readonly name = 'SubjectEnded';
}

export interface Answered {
  readonly answer: Answer;
  readonly sentNs: bigint;
  readonly readNs: bigint;
}

interface Open {
  readonly sentNs: bigint;
  readonly resolve: (answered: Answered) => void;
  readonly reject: (error: SubjectEnded) => void;
}

export interface Command {
  readonly command: readonly string[];
  readonly folder: string;
}

export class SubjectProcess {
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #open = new Map<number, Open>();
  readonly #ended = Promise.withResolvers<Pick<SubjectEnd, 'kind' | 'message'>>();
  readonly #exited: Promise<void>;
  #nextId = 0;
  #rest = '';
  #words = '';
  #isOver = false;
  #leaving = false;
  onEvent: (event: SubjectEvent) => void = () => undefined;

  constructor({ command: [program = '', ...args], folder }: Command) {
    // In the process group of the worker: whatever strikes one strikes both.
    this.#child = spawn(program, args, { cwd: folder, stdio: ['pipe', 'pipe', 'pipe'] });
    const { stdin, stdout, stderr } = this.#child;
    stdin.on('error', () => undefined);
    stdout.setEncoding('utf8').on('data', (text: string) => this.#hear(text, monotonicNs()));
    stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#words = (this.#words + text).slice(-KEPT_WORDS);
      // A worker's stderr is its log.
      if (process.connected) process.stderr.write(text);
    });
    this.#exited = new Promise((resolve) => {
      this.#child.once('error', (cause) => {
        this.#end('contract', `cannot be started: ${cause.message}`);
        resolve();
      });
      this.#child.once('exit', (code, signal) => {
        resolve();
        const drained = setTimeout(() => this.#gone(code, signal), DRAINED_WITHIN_MS);
        if (stdout.readableEnded) this.#gone(code, signal);
        stdout.once('end', () => {
          clearTimeout(drained);
          this.#gone(code, signal);
        });
      });
    });
    stdout.once('end', () => {
      const late = setTimeout(() => this.#depart('closed its output and did not exit'), EXITS_WITHIN_MS);
      void this.#exited.then(() => clearTimeout(late));
    });
  }

  /** Settles when it ends and nobody has told it to. */
  get ended(): Promise<Pick<SubjectEnd, 'kind' | 'message'>> {
    return this.#ended.promise;
  }

  /** @throws SubjectEnded */
  ask(question: Question): Promise<Answered> {
    return this.begin(question).answered;
  }

  /** The same, with the number of the request. */
  begin(question: Question): { readonly id: number; readonly answered: Promise<Answered> } {
    const id = this.#nextId++;
    const answered = new Promise<Answered>((resolve, reject) => {
      if (this.#isOver) return reject(new SubjectEnded('its process has ended'));
      const line = `${JSON.stringify({ id, ...question })}\n`;
      this.#open.set(id, { sentNs: monotonicNs(), resolve, reject });
      this.#child.stdin.write(line);
    });
    return { id, answered };
  }

  /** Lets it go: `bye`, then the end of its input. @returns whether it exited in time; else it was killed */
  async close(): Promise<boolean> {
    if (this.#isOver) return true;
    this.#leaving = true;
    void this.ask({ cmd: 'bye' }).catch(() => undefined);
    this.#child.stdin.end();
    const late = Promise.withResolvers<boolean>();
    const timer = setTimeout(() => late.resolve(false), EXITS_WITHIN_MS);
    const inTime = await Promise.race([this.#exited.then(() => true), late.promise]);
    clearTimeout(timer);
    if (!inTime) this.#child.kill('SIGKILL');
    await this.#exited;
    return inTime;
  }

  /** Whether a signal has stopped it. Linux: elsewhere nobody can tell. */
  isStopped(): boolean {
    try {
      const stat = readFileSync(`/proc/${this.#child.pid}/stat`, 'utf8');
      // The name in parentheses may contain anything; the state follows it.
      return stat.charAt(stat.lastIndexOf(')') + 2) === 'T';
    } catch {
      return false;
    }
  }

  /** Settles when it has exited. */
  get exited(): Promise<void> {
    return this.#exited;
  }

  /** Nothing more is asked, and nobody says goodbye. */
  endInput(): void {
    this.#leaving = true;
    this.#child.stdin.end();
  }

  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#child.kill(signal);
  }

  async kill(): Promise<void> {
    this.#leaving = true;
    this.#child.kill('SIGKILL');
    await this.#exited;
  }

  /** The protocol does not allow this: it is listened to no longer. */
  depart(message: string): void {
    this.#depart(message);
  }

  #depart(message: string): void {
    this.#end('contract', message);
    this.#child.kill('SIGKILL');
  }

  #gone(code: number | null, signal: NodeJS.Signals | null): void {
    const words = this.#words.trimEnd().split('\n').slice(-LAST_LINES).join(' | ');
    const last = words === '' ? '' : `; its last words: ${oneLine(words)}`;
    if (code === SPEAKS_NO_VERSION) return this.#end('contract', `speaks no version of the protocol up to 1${last}`);
    if (code !== null) return this.#end('exit', `its process ended by itself (exit code ${code})${last}`);
    const kind = OWN_SIGNALS.includes(signal ?? '') ? 'exit' : 'outside';
    this.#end(kind, `its process was ended by ${signal}${last}`);
  }

  #end(kind: SubjectEnd['kind'], message: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (!this.#leaving) this.#ended.resolve({ kind, message });
    for (const { reject } of this.#open.values()) reject(new SubjectEnded(message));
    this.#open.clear();
  }

  #hear(text: string, readNs: bigint): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) if (!this.#isOver) this.#line(line, readNs);
    if (this.#rest.length > LONGEST_LINE) this.#depart(`wrote a line of more than ${LONGEST_LINE} characters`);
  }

  #line(line: string, readNs: bigint): void {
    let said: unknown;
    try {
      said = JSON.parse(line);
    } catch {
      return this.#depart(
        `wrote to stdout what is no JSON: ${shown(line)} (stdout is the protocol's; a log goes to stderr)`,
      );
    }
    if (typeof said !== 'object' || said === null)
      return this.#depart(`wrote a line that is no object: ${shown(line)}`);
    if ('event' in said) {
      if (!isKnownEvent(said.event)) return;
      const { data, error } = eventSchema.safeParse(said);
      if (data === undefined) return this.#depart(`wrote a wrong event: ${shown(line)}: ${describeIssues(error)}`);
      return this.onEvent(data);
    }
    const { data: answer, error } = answerSchema.safeParse(said);
    if (answer === undefined) return this.#depart(`wrote a wrong answer: ${shown(line)}: ${describeIssues(error)}`);
    const open = this.#open.get(answer.id);
    if (open === undefined) return this.#depart(`answered request ${answer.id}, which is not open: ${shown(line)}`);
    this.#open.delete(answer.id);
    open.resolve({ answer, sentNs: open.sentNs, readNs });
  }
}
