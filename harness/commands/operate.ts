/** `locks`: who holds what on the servers of a backend, and what an operator can do about it. */
import { LockError, type Endpoint } from 'holdfast-locks';
import { connectOperator, type Operated, type OperatorContext } from 'holdfast-locks/internal/operators/connect';
import type { HolderSight, KeySight, Leftover, Listing, Operator } from 'holdfast-locks/internal/operators/operator';
import { InfrastructureError, UsageError } from '../base/errors.ts';
import type { HolderView, KeyView } from './key-view.ts';
import { changesOf, type Look, type WatchEvent } from './watch-key.ts';

export interface OperatorTarget extends Partial<Omit<OperatorContext, 'endpoints'>> {
  readonly backend: Operated;
  readonly endpoints: readonly Endpoint[];
}

export interface ListResult {
  readonly keys: readonly KeyView[];
  readonly more: boolean;
  readonly unlisted?: string;
}

export interface ForceResult {
  /** `changed`: it was not the holder any more that was seen; nothing was done. `free`: nobody holds it. */
  readonly outcome: 'freed' | 'changed' | 'free' | 'declined';
  readonly key: string;
  readonly lock?: string;
  readonly holder?: HolderView;
  /** A resource that refuses lower fencing tokens than this shuts the freed holder out, and nobody who comes after. */
  readonly fence?: string;
  /** What the holder will notice, and when. */
  readonly notice?: string;
}

export interface SweepResult {
  readonly found: readonly {
    readonly name: string;
    readonly what: string;
    readonly ageMs: number;
    readonly removed: boolean;
  }[];
  readonly dryRun: boolean;
  readonly remark: string;
}

/** Names of SQL rows begin with nothing unless a lock is told so. */
const BARE = ['postgres', 'mariadb', 'sqlite'] as const satisfies Operated[];

function defaultPrefix(backend: Operated): string {
  return BARE.some((one) => one === backend) ? '' : 'holdfast:';
}

/** @throws InfrastructureError when the servers fail */
export async function operating<T>(target: OperatorTarget, work: (operator: Operator) => Promise<T>): Promise<T> {
  const { backend, prefix = defaultPrefix(backend), ...context } = target;
  try {
    const operator = await connectOperator(backend, { ...context, prefix });
    try {
      return await work(operator);
    } finally {
      await operator.close();
    }
  } catch (error) {
    if (error instanceof LockError) throw new InfrastructureError(error.message, { cause: error });
    throw error;
  }
}

export async function listLocks(operator: Operator, limit: number): Promise<ListResult> {
  const { keys, more, unlisted }: Listing = await operator.list(limit);
  return { keys: keys.map(viewOf), more, ...(unlisted === undefined ? {} : { unlisted }) };
}

export async function inspectLock(operator: Operator, key: string): Promise<readonly KeyView[]> {
  return (await operator.inspect(key)).map(viewOf);
}

export interface WatchRequest {
  readonly key: string;
  readonly everyMs: number;
  readonly signal: AbortSignal;
}

/** Looks again and again until the signal aborts; what comes and goes between two looks is not seen. */
export async function watchKey(
  operator: Operator,
  { key, everyMs, signal }: WatchRequest,
  onEvent: (event: WatchEvent) => void,
): Promise<void> {
  let before: Look | undefined;
  while (!signal.aborted) {
    const now = { views: await inspectLock(operator, key), atMs: performance.now() };
    const { events, look } = changesOf(before, now);
    for (const event of events) onEvent(event);
    before = look;
    await pause(everyMs, signal);
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done, { once: true });
  });
}

export interface ForceRequest {
  readonly key: string;
  /** Which of several: the `id` of a holder, and the kind of lock. */
  readonly holder?: string | undefined;
  readonly lock?: string | undefined;
  /** Asked once the holder is known; nothing is done unless it agrees. */
  readonly confirm: (view: KeyView, holder: HolderView) => Promise<boolean>;
}

/** @throws UsageError where several hold it and none is named, and where the server cannot do it safely */
export async function forceRelease(
  operator: Operator,
  { key, holder: wanted, lock, confirm }: ForceRequest,
): Promise<ForceResult> {
  const sights = (await operator.inspect(key)).filter((sight) => lock === undefined || sight.lock === lock);
  const all = sights.flatMap((sight) => sight.holders.map((holder) => ({ sight, holder })));
  if (all.length === 0) return { outcome: 'free', key };
  const chosen = wanted === undefined ? all : all.filter(({ holder }) => holder.id === wanted);
  const [first, ...others] = chosen;
  if (first === undefined) return { outcome: 'changed', key };
  if (others.length > 0) {
    const ids = chosen.map(({ sight, holder }) => `${holder.id} (${sight.lock})`).join(', ');
    throw new UsageError(`${chosen.length} hold ${JSON.stringify(key)}: name one of them by --holder ID: ${ids}`);
  }
  const { sight, holder } = first;
  const { force } = holder;
  if (force.kind === 'refused')
    throw new UsageError(`${JSON.stringify(key)} is not released by force: ${force.reason}`);
  const told = { key, lock: sight.lock, holder: holderView(holder) };
  if (!(await confirm(viewOf(sight), told.holder))) return { outcome: 'declined', ...told };
  const freed = await force.run();
  if (freed.kind === 'changed') return { outcome: 'changed', ...told };
  const fence = freed.fence === undefined ? {} : { fence: String(freed.fence) };
  return { outcome: 'freed', ...told, ...fence, notice: noticeOf(holder) };
}

/** What the holder learns, and what is not prevented meanwhile. */
export function noticeOf({ remainingMs }: Pick<HolderSight, 'remainingMs'>): string {
  const latest =
    remainingMs === undefined ? 'when its lease would end' : `in ${Math.ceil(remainingMs)} ms, when its lease ends`;
  return `Nobody tells the holder: it believes that it holds the lock until its next renewal, which finds the lease lost (LEASE_LOST, its signal aborts), or, if it does not renew, at the latest ${latest}. Its release will answer "lost". What it writes until then only fencing tokens keep out.`;
}

export interface SweepRequest {
  readonly ageMs: number;
  readonly limit: number;
  readonly dryRun: boolean;
}

export async function sweep(operator: Operator, { ageMs, limit, dryRun }: SweepRequest): Promise<SweepResult> {
  const found = [];
  for (const leftover of await operator.leftovers(ageMs, limit)) found.push(await swept(leftover, dryRun));
  return { found, dryRun, remark: operator.sweeping };
}

async function swept(leftover: Leftover, dryRun: boolean): Promise<SweepResult['found'][number]> {
  const { name, what, ageMs } = leftover;
  return { name, what, ageMs: Math.round(ageMs), removed: dryRun ? false : await leftover.remove() };
}

function viewOf({ key, lock, holders, waiting }: KeySight): KeyView {
  return { key, lock, holders: holders.map(holderView), ...(waiting === undefined ? {} : { waiting }) };
}

function holderView({ fencingToken, ...sight }: HolderSight): HolderView {
  const { force: _force, ...view } = sight;
  return { ...view, ...(fencingToken === undefined ? {} : { fencingToken: String(fencingToken) }) };
}
