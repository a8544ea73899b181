/** Before a subject is started for the first time: what it needs is there, and it is built. */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { oneLine } from '../../base/issues.ts';
import { ContractError } from '../contract-error.ts';
import { inPlace, loadSubject, type LoadedSubject } from './file.ts';

/** Of a version: a virtual machine may take long to start, on a busy machine. */
const ASKED_WITHIN_MS = 60_000;
/** A first build may fetch and compile a great deal. */
const BUILT_WITHIN_MS = 600_000;
const LAST_LINES = 5;
/** Written when a build is whole. */
const WHOLE = '.holdfast-built';

/** Debian's packages that have the programs which subjects need; elsewhere they are called alike. */
const PACKAGES: Readonly<Record<string, string>> = {
  ...{ cc: 'gcc', cargo: 'cargo', go: 'golang-go', java: 'default-jdk', javac: 'default-jdk', mvn: 'maven' },
  ...{ python3: 'python3-venv', 'redis-cli': 'redis-tools' },
};

/** @returns the URL that workers load it by. @throws ContractError */
export async function prepareSubject(url: string): Promise<string> {
  const missing = await missingFor(url);
  if (missing !== undefined) throw new ContractError(missing);
  const subject = loadSubject(url);
  await build(subject);
  return subject.url;
}

/** What it needs and this machine lacks, in one line with what adds it; `undefined` where nothing is missing. */
export async function missingFor(url: string): Promise<string | undefined> {
  const { file, folder } = loadSubject(url);
  for (const need of file.needs) {
    const missing = await missingOf(need, folder);
    if (missing !== undefined) return missing;
  }
  return undefined;
}

/** Whether its build is there, for as long as nothing beside its file changes. */
export const isBuilt = (url: string): boolean => isWhole(loadSubject(url));

async function missingOf(need: string, folder: string): Promise<string | undefined> {
  const [program = '', , least] = need.split(' ');
  // Go has a command for it where all others have an option.
  const asked = await run([program, program === 'go' ? 'version' : '--version'], folder, ASKED_WITHIN_MS);
  const found = /\d+(?:\.\d+)+/.exec(asked.output)?.[0];
  const package_ = PACKAGES[program];
  const remedy = package_ === undefined ? '' : ` (Debian has it in ${package_})`;
  if (asked.trouble !== undefined && found === undefined)
    return `it needs ${need}, and ${program} is not to be had: ${asked.trouble}${remedy}`;
  if (least !== undefined && found !== undefined && isOlder(found, least))
    return `it needs ${need}, and ${program} is ${found}`;
  return undefined;
}

function isOlder(found: string, least: string): boolean {
  const [have, want] = [found, least].map((version) => version.split('.').map(Number));
  for (const [place, wanted] of (want ?? []).entries()) {
    const difference = (have?.[place] ?? 0) - wanted;
    if (difference !== 0) return difference < 0;
  }
  return false;
}

/** Is nothing left to be built? */
const isWhole = (subject: LoadedSubject): boolean =>
  subject.file.build === undefined || (isKept(subject) && existsSync(join(subject.built, WHOLE)));

/** By the folders that they fill: several locks of one library share a build, and may be asked for at once. */
const builds = new Map<string, Promise<void>>();

async function build(subject: LoadedSubject): Promise<void> {
  const { built } = subject;
  // One that names no folder fills none, and is run each time.
  if (!isKept(subject)) return runBuild(subject);
  const running = builds.get(built) ?? runBuild(subject);
  builds.set(built, running);
  return running.finally(() => builds.delete(built));
}

const isKept = ({ file }: LoadedSubject): boolean =>
  [...(file.build ?? []), ...file.command].some((word) => word.includes('${build}'));

async function runBuild(subject: LoadedSubject): Promise<void> {
  const { file, folder, built } = subject;
  if (file.build === undefined || isWhole(subject)) return;
  const kept = isKept(subject);
  if (kept) {
    // What a build that was cut short has left is no beginning.
    rmSync(built, { recursive: true, force: true });
    mkdirSync(built, { recursive: true });
  }
  const { trouble, output } = await run(inPlace(file.build, subject), folder, BUILT_WITHIN_MS);
  if (trouble !== undefined) {
    const words = output.trimEnd().split('\n').slice(-LAST_LINES).join(' | ');
    throw new ContractError(`its build fails: ${trouble}${words === '' ? '' : `: ${oneLine(words)}`}`);
  }
  if (kept) writeFileSync(join(built, WHOLE), '');
}

interface Ran {
  /** In a few words, where it did not end well. */
  readonly trouble: string | undefined;
  readonly output: string;
}

function run([program = '', ...args]: readonly string[], folder: string, timeout: number): Promise<Ran> {
  return new Promise((resolve) => {
    const options = { cwd: folder, timeout, maxBuffer: 1 << 26, killSignal: 'SIGKILL' } as const;
    execFile(program, args, options, (error, stdout, stderr) => {
      const trouble =
        error === null
          ? undefined
          : error.killed
            ? `"${program}" took more than ${timeout} ms`
            : typeof error.code === 'number'
              ? `"${program}" ended with exit code ${error.code}`
              : `"${program}" cannot be started (${error.code})`;
      resolve({ trouble, output: `${stdout}${stderr}` });
    });
  });
}
