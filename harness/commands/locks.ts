/** From the names and paths of a request to locks under test. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ADAPTERS, catalogue, findLock } from 'holdfast-locks/internal/catalogue';
import { DECORATORS } from 'holdfast-locks/internal/decorators/catalogue';
import { BACKENDS, type LockModule, type Topology } from 'holdfast-locks';
import { chainUrl } from '../base/chain-url.ts';
import { chained } from '../subject/chain.ts';
import { whyNotLoadable } from '../subject/door.ts';
import { ContractError, loadLockModule } from '../subject/module.ts';
import { execUrl, isSubjectUrl } from '../subject/protocol/file.ts';
import { prepareSubject } from '../subject/protocol/prepare.ts';
import { UsageError } from '../base/errors.ts';
import type { LockUnderTest } from '../run/request.ts';
import { findDecorator, isPath, partsOf } from './chain.ts';
import { hint } from './names.ts';
import { findSubject, installedVersion, isPackageName, listedName, lockNames, runnableLocks } from './published.ts';
import type { LeftOut } from '../report/report.ts';
import { RequestError } from './request.ts';

/**
 * @param reference a name or a path; with decorators around it, `redis-basic + retry`
 * @throws UsageError for a name that is not in the catalogue, a path that leads nowhere, a module that is no lock.
 */
export async function resolveLock(
  reference: string,
  options: Readonly<Record<string, unknown>> = {},
): Promise<LockUnderTest> {
  const [lock, ...decorators] = partsOf(reference);
  const inner = await resolveOne(lock, options);
  if (decorators.length === 0) return inner;
  const around = await Promise.all(decorators.map(findDecorator));
  const links = [inner, ...around];
  try {
    return {
      ...inner,
      reference: links.map((link) => link.reference).join(' + '),
      module: chained(
        inner.module,
        around.map(({ module }) => module),
        options,
      ),
      url: chainUrl(links.map(({ url }) => url)),
      options,
    };
  } catch (error) {
    if (error instanceof ContractError) throw new UsageError(error.message, { cause: error });
    throw error;
  }
}

async function resolveOne(written: string, options: Readonly<Record<string, unknown>>): Promise<LockUnderTest> {
  const reference = listedName(written);
  const entry = findLock(reference);
  if (entry !== undefined) return { reference, module: entry.module, url: entry.url, options };
  const adapter = ADAPTERS.get(reference);
  if (adapter !== undefined) {
    const library = { language: 'JavaScript', version: installedVersion(reference) };
    return { reference, module: await loadAdapter(reference, adapter), url: adapter, options, library };
  }
  const listed = findSubject(reference);
  if (listed !== undefined) return subjectAt(reference, listed.url, reference, options);
  const exec = execOf(reference);
  if (exec !== undefined) return subjectAt(reference, exec, reference, options);
  if (!isPath(reference)) {
    if (DECORATORS.has(reference))
      throw new UsageError(`"${reference}" is a decorator: put a lock before it, such as "redis-basic + ${reference}"`);
    const names = lockNames().filter((name) => isPackageName(name) || !isPackageName(reference));
    throw new UsageError(`there is no lock named "${reference}"${hint(reference, names)}`);
  }
  const path = resolve(reference);
  if (!existsSync(path)) throw new UsageError(`${reference}: no such file`);
  const url = pathToFileURL(path).href;
  if (isSubjectUrl(url)) return subjectAt(path, url, reference, options);
  const trouble = await whyNotLoadable(url);
  if (trouble !== undefined) throw new UsageError(`${reference} cannot be loaded: ${trouble}`);
  try {
    return { reference: path, module: await loadLockModule(url), url, options };
  } catch (error) {
    if (error instanceof ContractError)
      throw new UsageError(error.message.replaceAll(url, reference), { cause: error });
    throw error;
  }
}

/**
 * `exec+redis:python3 my_lock.py`: a command that is a lock on Redis. @returns the URL that workers load it by
 * @throws UsageError when it does not say on what
 */
function execOf(reference: string): string | undefined {
  const [, backend, command] = /^exec(?:\+([\w-]+))?:(.+)$/s.exec(reference) ?? [];
  if (command === undefined) return undefined;
  const known = BACKENDS.find((one) => one === backend);
  if (known === undefined)
    throw new UsageError(`${reference}: on what does it run? Say --server, one of: ${BACKENDS.join(', ')}`);
  return execUrl(['sh', '-c', `exec ${command}`], command.trim(), known, process.cwd());
}

/** @param named as the user has written it */
async function subjectAt(
  reference: string,
  url: string,
  named: string,
  options: Readonly<Record<string, unknown>>,
): Promise<LockUnderTest> {
  try {
    const prepared = await prepareSubject(url);
    return { reference, module: await loadLockModule(prepared), url: prepared, options };
  } catch (error) {
    if (!(error instanceof ContractError)) throw error;
    const message = error.message.startsWith(url) ? error.message.replace(url, named) : `${named}: ${error.message}`;
    throw new UsageError(message, { cause: error });
  }
}

/** @throws UsageError when the library that it adapts is not installed */
async function loadAdapter(reference: string, url: string): Promise<LockModule> {
  try {
    return await loadLockModule(url);
  } catch (cause) {
    const library = reference.slice('npm:'.length);
    throw new UsageError(`${reference} cannot be loaded; is the library installed ("npm install ${library}")?`, {
      cause,
    });
  }
}

/** @throws UsageError that tells what is wrong with any of them, a line for each */
async function resolveLocks(
  references: readonly string[],
  options: Readonly<Record<string, unknown>> = {},
): Promise<LockUnderTest[]> {
  const all = references.flatMap(partsOf);
  const resolved = await Promise.allSettled(
    references.map((reference) => resolveLock(reference, optionsFor(partsOf(reference), options, all))),
  );
  const wrong = resolved.flatMap((one): unknown[] => (one.status === 'rejected' ? [one.reason] : []));
  const unexpected = wrong.find((error) => !(error instanceof UsageError));
  if (unexpected !== undefined) throw unexpected;
  if (wrong.length > 0) throw new UsageError(wrong.map((error) => (error as UsageError).message).join('\n'));
  return resolved.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
}

/** Without those of decorators that stand around others of the locks only. */
function optionsFor(
  parts: readonly string[],
  { decorators, ...options }: Readonly<Record<string, unknown>>,
  all: readonly string[],
): Readonly<Record<string, unknown>> {
  if (decorators === undefined) return options;
  // What is wrong with it is told where it is read.
  if (typeof decorators !== 'object' || decorators === null) return { ...options, decorators };
  const own = Object.entries(decorators).filter(([name]) => parts.includes(name) || !all.includes(name));
  return { ...options, ...(own.length === 0 ? {} : { decorators: Object.fromEntries(own) }) };
}

/** All that can be run here, and what cannot, with its reason. */
export async function publishedLocks(): Promise<{ readonly locks: LockUnderTest[]; readonly leftOut: LeftOut[] }> {
  const { names, leftOut } = await runnableLocks();
  const locks: LockUnderTest[] = [];
  // One after another: a build has all processors anyway.
  for (const name of names) {
    try {
      locks.push(await resolveLock(name));
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      leftOut.push({ name, reason: error.message });
    }
  }
  return { locks, leftOut };
}

interface Asked {
  readonly impl?: readonly string[] | undefined;
  readonly all: boolean;
  readonly options: Readonly<Record<string, unknown>>;
}

/** @throws UsageError for none */
export function locksOf({ impl, all, options }: Asked): Promise<LockUnderTest[]> {
  if (all && Object.keys(options).length > 0)
    throw new RequestError('`options` are of locks that are named: give `impl`');
  if (all) return referenceLocks();
  if (impl === undefined) throw new RequestError('which lock? Give `impl`, names or paths, or `all`');
  return resolveLocks(impl, options);
}

/** A lock to be relied on: neither with a mistake on purpose, nor a baseline inside the process. */
export const isReference = ({ specimen, backend }: LockModule): boolean =>
  specimen === undefined && backend !== 'memory';

/** All of the catalogue. */
function referenceLocks(): Promise<LockUnderTest[]> {
  const modules = [...catalogue.values()].map(({ module }) => module);
  return resolveLocks(modules.filter(isReference).map(({ name }) => name));
}

/** @throws UsageError when the lock does not run on the wanted topology. */
export function topologyOf(module: LockModule, wanted: Topology = module.topologies[0]): Topology {
  if (!module.topologies.includes(wanted)) {
    throw new UsageError(`${module.name} does not run on "${wanted}"; it runs on: ${module.topologies.join(', ')}`);
  }
  return wanted;
}

/** The lease asked for or else the usual one, and no shorter than the lock grants. @throws UsageError when a shorter one is asked for */
export function leaseOf({ name, leastLeaseMs = 0 }: LockModule, asked: number | undefined, usualMs: number): number {
  if ((asked ?? Infinity) < leastLeaseMs) throw new UsageError(`${name} grants no lease below ${leastLeaseMs} ms`);
  return Math.max(asked ?? usualMs, leastLeaseMs);
}
