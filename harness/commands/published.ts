/** Locks of libraries that others have published, by the names of their packages. */
import { readFileSync } from 'node:fs';
import { findPackageJSON } from 'node:module';
import { ADAPTERS, catalogue, onRequest } from 'holdfast-locks/internal/catalogue';
import { brokenSubjects, publishedSubjects, type SubjectEntry } from 'holdfast-locks/internal/subjects';
import { UsageError } from '../base/errors.ts';
import { callOf } from '../base/call.ts';
import type { LeftOut } from '../report/report.ts';
import { missingFor } from '../subject/protocol/prepare.ts';

/** The types of package URLs that name a lock: what begins with one is no path, whatever follows. */
const TYPES = ['npm', 'pypi', 'golang', 'maven', 'cargo'] as const;

/** Is it written as the name of a published package? */
export const isPackageName = (reference: string): boolean => TYPES.some((type) => reference.startsWith(`${type}:`));

/** Of a name such as `npm:redlock@4.2.0`: the `@` of a scope begins no version. */
export function splitVersion(reference: string): { readonly name: string; readonly version: string | undefined } {
  const at = reference.lastIndexOf('@');
  if (!isPackageName(reference) || at <= reference.indexOf(':') + 1) return { name: reference, version: undefined };
  return { name: reference.slice(0, at), version: reference.slice(at + 1) };
}

export const findSubject = (name: string): SubjectEntry | undefined =>
  [...publishedSubjects(), ...brokenSubjects()].find((entry) => entry.name === name);

/** Every name that `--impl` takes. */
export const lockNames = (): string[] => [
  ...catalogue.keys(),
  ...onRequest.keys(),
  ...ADAPTERS.keys(),
  ...[...publishedSubjects(), ...brokenSubjects()].map(({ name }) => name),
];

/** The version of an npm library that is installed for its adapter; `undefined` where none is. */
export function installedVersion(reference: string): string | undefined {
  const url = ADAPTERS.get(reference);
  if (url === undefined) return undefined;
  const library = splitVersion(reference).name.slice('npm:'.length);
  try {
    const file = findPackageJSON(library, url);
    return file === undefined ? undefined : (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
  } catch {
    return undefined;
  }
}

/** As a list shows it, without anything of it being loaded. */
export interface ListedLock {
  readonly name: string;
  readonly language: string;
  /** A lock module inside the workers, or a subject in processes of its own. */
  readonly kind: 'module' | 'subject';
  /** The one that is installed; of a subject, which says it itself, `undefined`. */
  readonly version?: string | undefined;
  readonly backend?: string;
  readonly summary?: string;
}

export const listedPublished = (): ListedLock[] => [
  ...[...ADAPTERS.keys()].map((name): ListedLock => {
    const version = installedVersion(name);
    const missing = version === undefined ? { summary: `not installed: npm install ${name.slice('npm:'.length)}` } : {};
    return { name, language: 'javascript', kind: 'module', version, ...missing };
  }),
  ...publishedSubjects().map(({ name, language, backend, summary }): ListedLock => {
    return { name, language, kind: 'subject', backend, summary };
  }),
];

/**
 * The name of the lock that is listed, where a version of it was asked for: the one that is installed.
 * @throws UsageError that says which version there is
 */
export function listedName(reference: string): string {
  const { name, version } = splitVersion(reference);
  if (version === undefined || lockNames().includes(reference)) return reference;
  const installed = installedVersion(name);
  if (ADAPTERS.has(name) && installed !== version) {
    const had = installed === undefined ? 'is not installed' : `is installed as ${installed}`;
    throw new UsageError(
      `${reference}: ${name} ${had}; "npm install ${name.slice('npm:'.length)}@${version}" changes it`,
    );
  }
  if (findSubject(name) !== undefined)
    throw new UsageError(`${reference}: its version is pinned beside its subject file; leave "@${version}" out`);
  return name;
}

/** All published locks that this machine can run, and the others with what would change that. */
export async function runnableLocks(): Promise<{ readonly names: readonly string[]; readonly leftOut: LeftOut[] }> {
  const names: string[] = [];
  const leftOut: LeftOut[] = [];
  for (const name of ADAPTERS.keys()) {
    if (installedVersion(name) !== undefined) names.push(name);
    else leftOut.push({ name, reason: `it is not installed: "npm install ${name.slice('npm:'.length)}"` });
  }
  for (const { name, language, url } of publishedSubjects()) {
    const reason = await missingFor(url);
    if (reason === undefined) names.push(name);
    else leftOut.push({ name, reason: `${reason}; "${callOf('setup', '--subjects', language)}" builds it then` });
  }
  return { names, leftOut };
}
