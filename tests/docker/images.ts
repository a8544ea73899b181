/** Images of the servers, made of this machine's own programs: nothing is pulled. */
import { execFile, spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { findBinary, findCommand } from '../../harness/backends/binaries.ts';
import { postgres } from '../../harness/backends/servers/postgres.ts';
import { redis } from '../../harness/backends/servers/redis.ts';
import type { ServerDefinition } from '../../harness/backends/servers/server.ts';
import { toxiproxy } from '../../harness/backends/servers/toxiproxy.ts';
import { docker } from './engine.ts';

export interface Images extends AsyncDisposable {
  /** The variables by which the harness, and docker-compose.yml, take these images instead of the published ones. */
  readonly environment: Readonly<Record<string, string>>;
}

/** The databases, as far as a server of ours needs them: filled and started by the arguments of its definition. */
export async function buildDatabaseImages(tag: string): Promise<Images> {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-images-'));
  const names = { postgres: `holdfast-test-postgres:${tag}`, mariadb: `holdfast-test-mariadb:${tag}` };
  const tools = [
    'sh',
    'rm',
    'cat',
    'grep',
    'sed',
    'chown',
    'chmod',
    'mkdir',
    'sleep',
    'setpriv',
    'basename',
    'dirname',
  ];
  const more = ['uname', 'id', 'ls', 'env', 'touch', 'expr'];
  const inPath = [...tools, ...more].map((command) => ({ from: installed(command), to: `/bin/${command}` }));
  try {
    const programs = dirname(realpathSync(binaryOf(postgres)));
    const ofPostgres = ['postgres', 'initdb', 'pg_basebackup', 'psql'].map((name) => join(programs, name));
    const postgresRoot = await rootOf(join(folder, 'postgres'), [
      ...inPath,
      ...ofPostgres.map((file) => ({ from: file, to: file })),
    ]);
    const version = basename(dirname(programs));
    copyTrees(postgresRoot, [
      join(dirname(programs), 'lib'),
      `/usr/share/postgresql/${version}`,
      '/usr/share/zoneinfo',
    ]);
    const path = `ENV PATH=/usr/sbin:/usr/bin:/bin:${programs}`;
    await importImage(postgresRoot, names.postgres, ['VOLUME /data', path]);

    const ofMariadb = ['mariadbd', 'mariadb-install-db', 'my_print_defaults', 'resolveip'].map(installed);
    const mariadbRoot = await rootOf(join(folder, 'mariadb'), [
      ...inPath,
      ...ofMariadb.map((file) => ({ from: file, to: file })),
    ]);
    copyTrees(mariadbRoot, ['/usr/share/mysql']);
    await importImage(mariadbRoot, names.mariadb, ['VOLUME /data', path]);
  } finally {
    rmSync(folder, { recursive: true });
  }
  return {
    environment: { HOLDFAST_IMAGE_POSTGRES: names.postgres, HOLDFAST_IMAGE_MARIADB: names.mariadb },
    async [Symbol.asyncDispose]() {
      await docker('image', 'rm', '--force', names.postgres, names.mariadb);
    },
  };
}

/** Whole folders, at the same place below `root`, with the users that the servers run as. */
function copyTrees(root: string, trees: readonly string[]): void {
  for (const tree of trees) cpSync(tree, join(root, tree), { recursive: true, dereference: true });
  mkdirSync(join(root, 'data'));
  mkdirSync(join(root, 'etc'), { recursive: true });
  const users = readFileSync('/etc/passwd', 'utf8').split('\n');
  const groups = readFileSync('/etc/group', 'utf8').split('\n');
  const wanted = /^(root|postgres|mysql):/;
  writeFileSync(join(root, 'etc/passwd'), `${users.filter((line) => wanted.test(line)).join('\n')}\n`);
  writeFileSync(join(root, 'etc/group'), `${groups.filter((line) => wanted.test(line)).join('\n')}\n`);
}

/** The same entry points and volumes as those of the published images. */
export async function buildImages(tag: string): Promise<Images> {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-images-'));
  const names = { redis: `holdfast-test-redis:${tag}`, toxiproxy: `holdfast-test-toxiproxy:${tag}` };
  try {
    const shell = ['sh', 'rm', 'cat', 'grep'].map((command) => ({ from: installed(command), to: `/bin/${command}` }));
    const redisRoot = await rootOf(join(folder, 'redis'), [
      ...shell,
      { from: binaryOf(redis), to: '/usr/local/bin/redis-server' },
    ]);
    mkdirSync(join(redisRoot, 'data'));
    const toxiproxyRoot = await rootOf(join(folder, 'toxiproxy'), [{ from: binaryOf(toxiproxy), to: '/toxiproxy' }]);
    await importImage(redisRoot, names.redis, ['VOLUME /data', 'WORKDIR /data', 'CMD ["redis-server"]']);
    await importImage(toxiproxyRoot, names.toxiproxy, ['ENTRYPOINT ["/toxiproxy"]', 'CMD ["-host=0.0.0.0"]']);
  } finally {
    rmSync(folder, { recursive: true });
  }
  return {
    environment: { HOLDFAST_IMAGE_REDIS: names.redis, HOLDFAST_IMAGE_TOXIPROXY: names.toxiproxy },
    async [Symbol.asyncDispose]() {
      await docker('image', 'rm', '--force', names.redis, names.toxiproxy);
    },
  };
}

/** Copies programs, and the libraries that the dynamic linker would load for them, below `root`. */
export async function rootOf(
  root: string,
  files: readonly { readonly from: string; readonly to: string }[],
): Promise<string> {
  mkdirSync(join(root, 'tmp'), { recursive: true });
  for (const { from, to } of files) {
    copy(from, join(root, to));
    for (const library of await librariesOf(from)) copy(library, join(root, library));
  }
  return root;
}

function copy(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  cpSync(realpathSync(from), to);
}

/** A static program has none, which ldd tells by its exit code. */
async function librariesOf(program: string): Promise<string[]> {
  const { stdout } = await promisify(execFile)('ldd', [program]).catch(() => ({ stdout: '' }));
  return [...stdout.matchAll(/(?:=> )?(\/\S+) \(0x/g)].map(([, path = '']) => path);
}

export async function importImage(root: string, name: string, changes: readonly string[]): Promise<void> {
  const tar = spawn('tar', ['--create', '--owner=0', '--group=0', '--directory', root, '.'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const args = ['import', ...changes.flatMap((change) => ['--change', change]), '-', name];
  const engine = spawn('docker', args, { stdio: [tar.stdout, 'ignore', 'pipe'] });
  const [errors, [code]] = await Promise.all([text(engine.stderr ?? []), once(engine, 'exit')]);
  if (code !== 0) throw new Error(`docker import of ${basename(root)} failed: ${errors}`);
}

export function binaryOf(server: ServerDefinition): string {
  return orFail(findBinary(server), server.native.command);
}

export function installed(command: string): string {
  return orFail(findCommand(command), command);
}

function orFail(path: string | undefined, command: string): string {
  if (path === undefined) throw new Error(`${command} is not installed here: run "npm run setup -- --backends all"`);
  return path;
}
