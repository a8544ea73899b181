/** What the native provisioner needs on this machine, what of it is missing, and the steps that add it. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { builtBinary, findBinary, findCommand } from './binaries.ts';
import { consul } from './servers/consul.ts';
import { etcd } from './servers/etcd.ts';
import { mariadb } from './servers/mariadb.ts';
import { mysql } from './servers/mysql.ts';
import { postgres } from './servers/postgres.ts';
import { redis } from './servers/redis.ts';
import type { ServerDefinition } from './servers/server.ts';
import { toxiproxy } from './servers/toxiproxy.ts';
import { zookeeperServer } from './servers/zookeeper.ts';

/** What `setup --backends` can name. */
export const SETUP_BACKENDS = ['redis', 'postgres', 'mariadb', 'zookeeper', 'etcd', 'consul', 'mysql'] as const;
/** What "all" stands for: not what is had from Debian's unstable alone, where versions come and go. */
export const USUAL_BACKENDS = SETUP_BACKENDS.filter((backend) => backend !== 'mysql');
export type SetupBackend = (typeof SETUP_BACKENDS)[number];

export interface Requirement {
  readonly name: string;
  /** Where it is, or what it says of itself; `undefined` when it is missing. */
  readonly found: string | undefined;
  readonly step: Step;
  /** Without it these cannot be done. */
  readonly neededFor: string;
}

export type Step =
  | { readonly kind: 'debian'; readonly packages: readonly string[] }
  | { readonly kind: 'go' | 'suite'; readonly server: ServerDefinition };

const SERVERS: Readonly<Record<SetupBackend, ServerDefinition>> = {
  redis,
  postgres,
  mariadb,
  mysql,
  zookeeper: zookeeperServer,
  etcd,
  consul,
};

export function requirementsOf(backends: readonly SetupBackend[]): Requirement[] {
  const servers = [...backends.map((backend) => SERVERS[backend]), toxiproxy];
  const preloads = servers
    .flatMap((server) => server.fakeClock?.preload ?? [])
    .filter((file) => file.includes('faketime'));
  return [
    ...servers.map((server) => ({
      name: server.native.command,
      found: findBinary(server),
      step: stepFor(server),
      neededFor: server === toxiproxy ? 'every fault of the network' : `locks on ${server.name}`,
    })),
    {
      name: 'libfaketime',
      found: preloads.every((file) => existsSync(file)) ? preloads[0] : undefined,
      step: { kind: 'debian', packages: ['faketime'] },
      neededFor: 'clock-jump, clock-jump-back, clock-jump-majority, client-clock-jump',
    },
  ];
}

/** What the project's own tests need besides: a browser to read reports with, a pooler, and a Docker engine. */
export function testRequirements(): Requirement[] {
  const debian = (command: string, packages: readonly string[], neededFor: string): Requirement => ({
    name: command,
    found: findCommand(command),
    step: { kind: 'debian', packages },
    neededFor,
  });
  return [
    debian('chromium', ['chromium'], 'the tests of report.html'),
    debian('prometheus', ['prometheus'], 'the tests of alerts and the dashboard'),
    debian('pgbouncer', ['pgbouncer'], 'the tests of locks behind a pooler'),
    debian('dockerd', ['docker.io', 'iptables', 'iproute2'], 'npm run test:docker'),
    debian('docker-compose', ['docker-compose'], 'npm run test:docker'),
  ];
}

function stepFor(server: ServerDefinition): Step {
  const { source } = server.native;
  return source.kind === 'debian' ? { kind: 'debian', packages: [source.package] } : { kind: source.kind, server };
}

/** A sentence for each step, in the order in which they run: Debian packages together, then builds. */
export function describeSteps(missing: readonly Requirement[]): string[] {
  const packages = debianPackages(missing);
  const builds = serversBy('go', missing);
  const unpacked = serversBy('suite', missing);
  return [
    ...(packages.length > 0
      ? [`install the Debian packages ${packages.join(', ')} (apt-get update, apt-get install)`]
      : []),
    ...builds.map(
      (server) => `build ${server.native.command} ${versionOf(server)} with Go into ${builtBinary(server) ?? ''}`,
    ),
    ...unpacked.map(
      (server) => `unpack ${server.name} of Debian unstable, with its libraries, beside ${builtBinary(server) ?? ''}`,
    ),
  ];
}

export function debianPackages(missing: readonly Requirement[]): string[] {
  return [...new Set(missing.flatMap(({ step }) => (step.kind === 'debian' ? step.packages : [])))];
}

export function serversBy(kind: 'go' | 'suite', missing: readonly Requirement[]): ServerDefinition[] {
  return missing.flatMap(({ step }) => (step.kind === kind ? [step.server] : []));
}

function versionOf(server: ServerDefinition): string {
  return server.native.source.kind === 'go' ? server.native.source.version : '';
}

/** `go version` of the toolchain on PATH, or in its usual folder. */
export function findGo(): { readonly command: string; readonly version: string } | undefined {
  const command = findCommand('go') ?? (existsSync('/usr/local/go/bin/go') ? '/usr/local/go/bin/go' : undefined);
  if (command === undefined) return undefined;
  const version = /go(\d+\.\d+\S*)/.exec(execFileSync(command, ['version'], { encoding: 'utf8' }))?.[1] ?? '0';
  return { command, version };
}
