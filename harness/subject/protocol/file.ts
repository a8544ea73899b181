/** A subject file: which program is a lock under test, what it runs on, and what it claims. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { ABILITIES, BACKENDS, TOPOLOGIES, type LockModule, type Topology } from 'holdfast-locks';
import type { Claims, Property } from 'holdfast-locks/internal/claims';
import { quorumClaims } from 'holdfast-locks/internal/quorum-claims';
import { forgetfulConnectionClaims, leaseClaims } from 'holdfast-locks/internal/sql/modules/claims';
import { describeIssues } from '../../base/issues.ts';
import { claimsSchema, loadSchema, NOTHING, specimenSchema, turnsSchema } from '../claims-schema.ts';
import { ContractError } from '../contract-error.ts';
import { subject, type ConnectedSubject } from '../stamps.ts';
import { SubjectConnection } from './connection.ts';
import { SubjectLock } from './lock.ts';
import { FEATURES, type Feature } from './messages.ts';

/** Claims in one word: those of our own lock of that kind. */
const KINDS = {
  lease: leaseClaims,
  connection: forgetfulConnectionClaims,
  'quorum-lease': quorumClaims,
} as const satisfies Readonly<Record<string, Claims>>;

const words = z.array(z.string().min(1)).min(1);
export const subjectFileSchema = z.strictObject({
  $schema: z.string().optional(),
  holdfast: z.literal('subject'),
  version: z.literal(1),
  name: z.string().min(1).max(60),
  summary: z.string().default(''),
  backend: z.enum(BACKENDS),
  /** The first is the default. */
  topologies: z
    .array(z.enum(TOPOLOGIES))
    .min(1)
    .default(() => ['single' as const]),
  /** A table, or the word for that of our own lock of that kind. Without, a run describes what it sees. */
  claims: z.union([z.enum(['lease', 'connection', 'quorum-lease']), claimsSchema]).optional(),
  /** How long after the deadline of a crashed holder the next grant may take, in milliseconds. */
  recoverMs: z.number().nonnegative().default(3000),
  /** From a release to the next grant; and how much longer than it was told an acquire may take. */
  handoverMs: z.number().nonnegative().optional(),
  settleMs: z.number().nonnegative().optional(),
  /** Program and arguments, started in the folder of this file. `${build}` stands for the folder that `build` fills. */
  command: words,
  /** Run before the command: each time, or where it names `${build}` once for each state of what it is made from. */
  build: words.optional(),
  /** What the build is made from besides the files beside this one: other folders, by their way from here. */
  sources: z.array(z.string().min(1)).default([]),
  /** Programs that must be there, such as "python3 >= 3.10". */
  needs: z.array(z.string().regex(/^\S+( >= \d+(\.\d+)*)?$/, 'expected "program" or "program >= 1.2"')).default([]),
  /** What it can do beyond acquiring and releasing. */
  features: z.array(z.enum(FEATURES)).default([]),
  options: z.record(z.string(), z.unknown()).default({}),
  leastLeaseMs: z.number().positive().optional(),
  leasesAtOnce: z.int().positive().optional(),
  turns: turnsSchema.optional(),
  load: loadSchema.optional(),
  /** The mistake of a lock that is there to be caught, and what it must show. */
  specimen: specimenSchema.optional(),
});
export type SubjectFile = z.output<typeof subjectFileSchema>;

/** A file of JSON, or what stands for one that the user has written on the command line. */
export const isSubjectUrl = (url: string): boolean => /^data:application\/json|\.json(#|$)/.test(url);

export interface LoadedSubject {
  readonly file: SubjectFile;
  /** In which its commands are run. */
  readonly folder: string;
  /** That its `build` fills; named by what it is made from. */
  readonly built: string;
  /** By which workers load it: with the same build, whatever comes to lie in its folder meanwhile. */
  readonly url: string;
}

/** @throws ContractError that names each field, what it is and what is expected */
export function loadSubject(url: string): LoadedSubject {
  const inline = url.startsWith('data:');
  const text = inline ? decodeURIComponent(url.slice(url.indexOf(',') + 1)) : readFileSync(fileURLToPath(url), 'utf8');
  const { file: raw, folder }: { file: unknown; folder: string } = inline
    ? (JSON.parse(text) as { file: unknown; folder: string })
    : { file: parse(text, url), folder: dirname(fileURLToPath(url)) };
  const { data: file, error } = subjectFileSchema.safeParse(raw);
  if (file === undefined)
    throw new ContractError(`${inline ? 'exec:' : url} is no subject file: ${describeIssues(error)}`);
  const mark = /#(\w+)$/.exec(url)?.[1] ?? fingerprint(file, folder, inline);
  const built = join(cacheFolder(), `${basename(folder).replaceAll(/[^\w.-]/g, '-')}-${mark}`);
  return { file, folder, built, url: inline ? url : `${url.replace(/#.*/, '')}#${mark}` };
}

/**
 * What `exec:` stands for: a subject without a file.
 * @param written as the user has written the command
 * @returns the URL that workers load it by
 */
export function execUrl(command: readonly string[], written: string, backend: string, folder: string): string {
  const named = written.split(/\s+/).find((word) => /\.\w+$/.test(word)) ?? written;
  const name = (named.split('/').at(-1) ?? named).slice(0, 60);
  const file = { holdfast: 'subject', version: 1, name, summary: written, backend, command };
  return `data:application/json,${encodeURIComponent(JSON.stringify({ file, folder }))}`;
}

/** Its command or build with the folder in place. */
export const inPlace = (command: readonly string[], { built }: LoadedSubject): string[] =>
  command.map((word) => word.replaceAll('${build}', built));

export function subjectModule(url: string): LockModule {
  const loaded = loadSubject(url);
  const { file, folder } = loaded;
  const { name, summary, backend, recoverMs, handoverMs, settleMs, features } = file;
  const { leastLeaseMs, leasesAtOnce, turns, load, specimen } = file;
  return {
    ...{ name, summary, backend, recoverMs, claims: { ...COUNTS_ATTEMPTS, ...claimsOf(file) } },
    ...(handoverMs === undefined ? {} : { handoverMs }),
    ...(settleMs === undefined ? {} : { settleMs }),
    notSimulable: 'it lives in a process of its own',
    topologies: file.topologies as unknown as readonly [Topology, ...Topology[]],
    lacks: ABILITIES.filter((ability) => !features.includes(ability)),
    ...(leastLeaseMs === undefined ? {} : { leastLeaseMs }),
    ...(leasesAtOnce === undefined ? {} : { leasesAtOnce }),
    ...(turns === undefined ? {} : { turns }),
    ...(load === undefined ? {} : { load }),
    ...(specimen === undefined ? {} : { specimen }),
    connect: async (context): Promise<ConnectedSubject> => {
      const options = { ...file.options, ...context.options };
      const command = { command: inPlace(file.command, loaded), folder };
      const connection = await SubjectConnection.open(command, { ...context, options });
      const undone = features.filter((feature) => !connection.has(feature));
      if (undone.length > 0) {
        await connection.close();
        throw new ContractError(`its file declares ${undone.join(', ')}, and its "hello" does not`);
      }
      const { ended, hello } = connection;
      return {
        lock: new SubjectLock(connection, context.prefix),
        close: () => connection.close(),
        [subject]: {
          ended,
          library: { language: hello.language, version: hello.libraryVersion },
          takePipeUs: () => connection.takePipeUs(),
          ownedByProcess: hello.owner === 'process' || hello.owner === 'session',
          onStall: (listener) => connection.onStall(listener),
        },
      };
    },
  };
}

/** Many libraries count attempts, and not time: who does keep to a time says so. */
const COUNTS_ATTEMPTS: Claims = { responsiveness: { otherwise: 'not-applicable' } };

/** A feature that is not declared is not applicable. */
const NEEDED: Readonly<Partial<Record<Property, readonly Feature[]>>> = {
  fencing: ['fence'],
  'loss-notice': ['lost', 'held'],
  sharing: ['shared'],
  reentrancy: ['owner'],
};

function claimsOf({ claims, features }: SubjectFile): Claims {
  if (typeof claims === 'object') return claims;
  const all: Claims = claims === undefined ? NOTHING : KINDS[claims];
  return Object.fromEntries(
    Object.entries(all).filter(([property]) =>
      (NEEDED[property as Property] ?? []).every((feature) => features.includes(feature)),
    ),
  );
}

function parse(text: string, url: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ContractError(`${url} is no JSON: ${String(cause)}`, { cause });
  }
}

function cacheFolder(): string {
  return join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'holdfast', 'subjects');
}

/** Of what a build is made from: what was built from something else is not found. Files that build alike share it. */
function fingerprint({ build, sources }: SubjectFile, folder: string, inline: boolean): string {
  const hash = createHash('sha256').update(JSON.stringify([build, sources]));
  if (build === undefined || inline) return hash.digest('hex').slice(0, 16);
  for (const source of ['.', ...sources]) {
    const entries = readdirSync(join(folder, source), { withFileTypes: true });
    for (const { name } of entries.filter((entry) => entry.isFile()).toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
      const content = readFileSync(join(folder, source, name));
      if (!isSubjectFile(name, content)) hash.update(name).update(content);
    }
  }
  return hash.digest('hex').slice(0, 16);
}

/** What a subject file says of its build is in the fingerprint already. */
const isSubjectFile = (name: string, content: Buffer): boolean =>
  name.endsWith('.json') && /"holdfast"\s*:\s*"subject"/.test(content.toString('utf8'));
