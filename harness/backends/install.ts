/** Carries out the steps of a set-up. */
import { spawn } from 'node:child_process';
import { chmod, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InfrastructureError } from '../base/errors.ts';
import { builtBinary, findCommand } from './binaries.ts';
import { debianPackages, findGo, serversBy, type Requirement } from './requirements.ts';
import type { ServerDefinition } from './servers/server.ts';

/** The oldest Go that follows the `toolchain` lines of the build modules. */
const GO_AT_LEAST = 21;

/** Given what the programs that install write, and before each its command. */
type OnOutput = (text: string) => void;

/** @throws InfrastructureError naming the step that failed and what would mend it. */
export async function install(missing: readonly Requirement[], onOutput: OnOutput): Promise<void> {
  const packages = debianPackages(missing);
  if (packages.length > 0) await installDebian(packages, onOutput);
  for (const server of serversBy('go', missing)) await buildGo(server, onOutput);
  for (const server of serversBy('suite', missing)) await unpack(server, onOutput);
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

/** Debian's own signature; elsewhere this file is missing, and apt says so. */
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';
/** What a server's maintenance scripts need, and it does not. */
const SCRIPTS = /^(perl|debconf|dpkg)/;

/** From where this machine gets Debian's packages; a mirror has every suite. @throws InfrastructureError for another system */
async function mirror(): Promise<string> {
  let targets = '';
  const format = ['--format', '$(ORIGIN) $(COMPONENT) $(REPO_URI)'];
  await run(['apt-get', 'indextargets', ...format, 'Created-By: Packages'], {
    ...{ folder: tmpdir(), environment: {} },
    onOutput: (text) => (targets += text),
  });
  const [, uri] = /^Debian main (\S+)$/m.exec(targets) ?? [];
  if (uri === undefined) throw new InfrastructureError(`apt knows no mirror of Debian here: ${targets.trim()}`);
  return uri;
}

/** Unpacks a server of another suite, with all that it needs, beside its file: nothing is installed, and no list changed. */
async function unpack(server: ServerDefinition, onOutput: OnOutput): Promise<void> {
  const { source } = server.native;
  const target = builtBinary(server);
  if (source.kind !== 'suite' || target === undefined) return;
  const folder = `${target}-files`;
  const [lists, cache, packages] = ['lists', 'cache', 'packages'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  await rm(folder, { recursive: true, force: true });
  for (const one of [join(lists, 'partial'), join(cache, 'archives', 'partial'), packages])
    await mkdir(one, { recursive: true });
  const list = join(folder, 'suite.list');
  await writeFile(list, `deb [signed-by=${KEYRING}] ${await mirror()} ${source.suite} main\n`);
  const flags = Object.entries({
    'Dir::State::Lists': lists,
    'Dir::Etc::SourceList': list,
    'Dir::Etc::SourceParts': '-',
    'Dir::Cache': cache,
    'APT::Sandbox::User': 'root',
  }).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
  const place = { folder: packages, environment: {}, onOutput };
  await run(['apt-get', ...flags, 'update', '--quiet'], place);
  let depends = '';
  const kinds = ['recommends', 'suggests', 'conflicts', 'breaks', 'replaces', 'enhances'].map((kind) => `--no-${kind}`);
  await run(['apt-cache', ...flags, 'depends', '--recurse', ...kinds, source.package], {
    ...place,
    onOutput: (text) => (depends += text),
  });
  const wanted = depends.split('\n').filter((line) => /^\w/.test(line) && !SCRIPTS.test(line));
  await run(['apt-get', ...flags, 'download', '--quiet', ...new Set(wanted)], place);
  for (const file of await readdir(packages)) await run(['dpkg-deb', '-x', file, folder], place);
  for (const one of [lists, cache, packages]) await rm(one, { recursive: true });
  // Last, and so only beside what is whole.
  await writeFile(target, launcher(folder, source.program));
  await chmod(target, 0o755);
}

/** Starts a program with the loader and the libraries that it was unpacked with. */
function launcher(folder: string, program: string): string {
  const machine = process.arch === 'arm64' ? 'aarch64' : 'x86_64';
  const loader = process.arch === 'arm64' ? 'usr/lib/ld-linux-aarch64.so.1' : 'usr/lib64/ld-linux-x86-64.so.2';
  return `#!/bin/sh
here='${folder}'
exec "$here/${loader}" --library-path "$here/usr/lib/${machine}-linux-gnu" "$here/${program}" \\
  --no-defaults --basedir="$here/usr" --lc-messages-dir="$here/usr/share/mysql" "$@"
`;
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
