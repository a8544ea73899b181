/** Names and paths in one reference: `redis-basic + retry` is a lock with a decorator around it, from the inside out. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ADAPTERS, findLock } from 'holdfast-locks/internal/catalogue';
import type { DecoratorModule } from 'holdfast-locks';
import { DECORATORS } from 'holdfast-locks/internal/decorators/catalogue';
import { UsageError } from '../base/errors.ts';
import { reasonOf } from '../base/issues.ts';
import { loadDecorator } from '../subject/chain.ts';
import { whyNotLoadable } from '../subject/door.ts';
import { hint } from './names.ts';
import { isPackageName } from './published.ts';

/** Is it written as a path rather than as a name? */
export const isPath = (reference: string): boolean =>
  !isPackageName(reference) && /[/\\]|\.([cm]?[jt]s|json)$/.test(reference);

/** The lock, and the decorators from the inside out. What `exec:` runs, and a file of that name, is taken as it stands. */
export function partsOf(reference: string): readonly [string, ...string[]] {
  if (/^exec[+:]/.test(reference) || (isPath(reference) && existsSync(reference))) return [reference];
  // A path may have a plus in it, a name may not.
  const [lock = '', ...decorators] = reference.split(isPath(reference) ? /\s+\+\s+/ : /\s*\+\s*/);
  return [lock, ...decorators];
}

export interface FoundDecorator {
  /** By which a plan names it, wherever it is run from. */
  readonly reference: string;
  readonly module: DecoratorModule;
  readonly url: string;
}

/** @throws UsageError for a name that no decorator has, a path that leads nowhere, a module that is no decorator */
export async function findDecorator(reference: string): Promise<FoundDecorator> {
  const known = DECORATORS.get(reference);
  if (known !== undefined) return { reference, module: await loaded(reference, known), url: known };
  if (!isPath(reference)) throw new UsageError(`there is no decorator named "${reference}"${remedyFor(reference)}`);
  const path = resolve(reference);
  if (!existsSync(path)) throw new UsageError(`${reference}: no such file`);
  const url = pathToFileURL(path).href;
  const trouble = await whyNotLoadable(url);
  if (trouble !== undefined) throw new UsageError(`${reference} cannot be loaded: ${trouble}`);
  return { reference: path, module: await loaded(reference, url), url };
}

function remedyFor(reference: string): string {
  const isLock = findLock(reference) !== undefined || ADAPTERS.has(reference);
  return isLock ? ': it is a lock, and a lock comes first' : hint(reference, [...DECORATORS.keys()]);
}

/** @throws UsageError also when the library that it stands on is not installed */
async function loaded(reference: string, url: string): Promise<DecoratorModule> {
  return loadDecorator(url).catch((cause: unknown) => {
    throw new UsageError(reasonOf((cause as Error).message).replaceAll(url, reference), { cause });
  });
}
