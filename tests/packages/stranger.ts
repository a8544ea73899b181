/** The folders of somebody who installs the packages: nothing of this repository is in or above them. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';

export const ROOT = join(import.meta.dirname, '..', '..');

interface Result {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What npm and the test runner tell the processes that they start about this repository. */
const OF_THIS_REPOSITORY = /^(npm_|INIT_CWD|NODE_(OPTIONS|TEST))/;

/** With this Node.js. */
const environment: NodeJS.ProcessEnv = {
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !OF_THIS_REPOSITORY.test(name))),
  PATH: [dirname(process.execPath), process.env['PATH']].join(delimiter),
};

/** Runs a command, whatever its exit code. */
export function run(folder: string, command: string, ...args: readonly string[]): Promise<Result> {
  return new Promise((resolve, reject) => {
    execFile(...[command, args, { cwd: folder, env: environment, maxBuffer: 1 << 26 }], (error, stdout, stderr) => {
      if (error === null) resolve({ code: 0, stdout, stderr });
      else if (typeof error.code === 'number') resolve({ code: error.code, stdout, stderr });
      else reject(error);
    });
  });
}

/** The same for what must succeed. @returns its output */
export async function mustRun(folder: string, command: string, ...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await run(folder, command, ...args);
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}:\n${stdout}\n${stderr}`);
  return stdout;
}

export interface Packed extends AsyncDisposable {
  readonly folder: string;
  readonly holdfast: string;
  readonly locks: string;
}

/** Packs both as they would be published: each builds itself first. */
export async function packBoth(): Promise<Packed> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-packed-'));
  for (const which of [['-w', 'holdfast-locks'], []])
    await mustRun(ROOT, 'npm', 'pack', ...which, '--pack-destination', folder);
  const files = await readdir(folder);
  const tarball = (name: RegExp): string => join(folder, files.find((file) => name.test(file)) ?? String(name));
  return {
    ...{ folder, holdfast: tarball(/^holdfast-\d/), locks: tarball(/^holdfast-locks-\d/) },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

/** An empty package with these installed in it. */
export async function installed({ folder }: Packed, name: string, ...packages: readonly string[]): Promise<string> {
  const home = join(folder, name);
  await mkdir(home);
  await writeFile(join(home, 'package.json'), JSON.stringify({ name, private: true, type: 'module' }));
  await mustRun(home, 'npm', 'install', '--no-audit', '--no-fund', '--prefer-offline', ...packages);
  return home;
}
