/** Carries out the steps of a set-up. */
import { spawn } from 'node:child_process';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InfrastructureError } from '../base/errors.ts';
import { builtBinary, findCommand } from './binaries.ts';
import { debianPackages, findGo, goBuilds, type Requirement } from './requirements.ts';
import type { ServerDefinition } from './servers/server.ts';

/** The oldest Go that follows the `toolchain` lines of the build modules. */
const GO_AT_LEAST = 21;

/** Given what the programs that install write, and before each its command. */
type OnOutput = (text: string) => void;

/** @throws InfrastructureError naming the step that failed and what would mend it. */
export async function install(missing: readonly Requirement[], onOutput: OnOutput): Promise<void> {
  const packages = debianPackages(missing);
  if (packages.length > 0) await installDebian(packages, onOutput);
  for (const server of goBuilds(missing)) await buildGo(server, onOutput);
}

async function installDebian(packages: readonly string[], onOutput: OnOutput): Promise<void> {
  const apt = findCommand('apt-get');
  if (apt === undefined)
    throw new InfrastructureError(`this system has no apt-get: install ${packages.join(', ')} in its own way`);
  const asRoot = process.getuid?.() === 0 ? [] : ['sudo'];
  if (asRoot.length > 0 && findCommand('sudo') === undefined) {
    throw new InfrastructureError(`installing ${packages.join(', ')} needs root: run the set-up as root`);
  }
  const environment = { DEBIAN_FRONTEND: 'noninteractive' };
  const folder = process.cwd();
  const flags = ['--yes', '--quiet', '--no-install-recommends'];
  await run([...asRoot, apt, 'update', '--quiet'], { folder, environment, onOutput });
  await run([...asRoot, apt, 'install', ...flags, ...packages], { folder, environment, onOutput });
}

async function buildGo(server: ServerDefinition, onOutput: OnOutput): Promise<void> {
  const { source, command } = server.native;
  const target = builtBinary(server);
  if (source.kind !== 'go' || target === undefined) return;
  const go = findGo();
  if (go === undefined || Number(go.version.split('.')[1]) < GO_AT_LEAST) {
    const found = go === undefined ? 'no Go' : `Go ${go.version}`;
    throw new InfrastructureError(
      `${command} is built with Go 1.${GO_AT_LEAST} or newer; found ${found}: install it from your system or from go.dev`,
    );
  }
  const folder = fileURLToPath(new URL(`build/${source.module}/`, sourcesFolder()));
  await mkdir(dirname(target), { recursive: true });
  // Built beside its place and moved there: a build that is cut short leaves nothing that looks whole.
  const fresh = join(dirname(target), `.${command}-${process.pid}`);
  try {
    const build = [go.command, 'build', '-trimpath', '-ldflags', '-s -w', '-o', fresh, source.main];
    await run(build, { folder, environment: { CGO_ENABLED: '0' }, onOutput });
    await rename(fresh, target);
  } finally {
    await rm(fresh, { force: true });
  }
}

/** The build modules are not compiled: from `dist` they are found in the package's sources. */
function sourcesFolder(): URL {
  return new URL(import.meta.url.includes('/dist/harness/') ? '../../../harness/backends/' : './', import.meta.url);
}

interface Place {
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly onOutput: OnOutput;
}

async function run(command: readonly string[], { folder, environment, onOutput }: Place): Promise<void> {
  const [program = '', ...args] = command;
  onOutput(`$ ${command.join(' ')}\n`);
  const child = spawn(program, args, {
    cwd: folder,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', onOutput);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', (cause) =>
      reject(new InfrastructureError(`${program} cannot be started: ${cause.message}`, { cause })),
    );
    child.once('close', (exitCode) => resolve(exitCode));
  });
  if (code !== 0) throw new InfrastructureError(`"${command.join(' ')}" ended with exit code ${code}`);
}
