/** Loading a lock module and checking it, and the lock that it connects, against the contract. */
import { z } from 'zod';
import { BACKENDS, TOPOLOGIES, type Lease, type Lock, type LockModule, type ReleaseOutcome } from 'holdfast-locks';
import { describeIssues, reasonOf, shown } from '../base/issues.ts';
import { linksOf } from '../base/chain-url.ts';
import { chained, loadDecorator } from './chain.ts';
import { claimsSchema, loadSchema, NOTHING, turnsSchema } from './claims-schema.ts';
import { ContractError } from './contract-error.ts';

export { ContractError };
import { isSubjectUrl, subjectModule } from './protocol/file.ts';

const moduleSchema = z.looseObject({
  name: z.string().min(1),
  summary: z.string(),
  backend: z.enum(BACKENDS),
  topologies: z.array(z.enum(TOPOLOGIES)).min(1),
  /** Without, or empty, a run describes what it sees. */
  claims: claimsSchema.default({}),
  recoverMs: z.number().nonnegative(),
  turns: turnsSchema.optional(),
  load: loadSchema.optional(),
  connect: z.custom<LockModule['connect']>((value) => typeof value === 'function', 'must be a function'),
});

/**
 * @param url of one module, or of a chain; the claims of a chain are then those with default options of its decorators
 * @throws ContractError that names each field, what it is and what is expected.
 */
export async function loadLockModule(url: string): Promise<LockModule> {
  const [lock, ...decorators] = linksOf(url);
  const module = isSubjectUrl(lock) ? subjectModule(lock) : await loadOwnModule(lock);
  return decorators.length === 0 ? module : chained(module, await Promise.all(decorators.map(loadDecorator)), {});
}

async function loadOwnModule(url: string): Promise<LockModule> {
  const exports = (await import(url).catch((cause: unknown) => {
    throw new ContractError(`${url} cannot be loaded: ${reasonOf(cause)}`, { cause });
  })) as Record<string, unknown>;
  const candidate = exports['lock'];
  if (candidate === undefined) throw new ContractError(`${url} has no export named "lock"`);
  const parsed = lookedAt(`${url} is no lock module`, () => moduleSchema.safeParse(candidate));
  if (!parsed.success) throw new ContractError(`${url} is no lock module: ${describeIssues(parsed.error)}`);
  const module = candidate as LockModule;
  return Object.keys(parsed.data.claims).length === 0 ? { ...module, claims: NOTHING } : module;
}

/** What throws when it is only looked at is no better than what is missing. */
function lookedAt<T>(what: string, look: () => T): T {
  try {
    return look();
  } catch (cause) {
    throw cause instanceof ContractError ? cause : new ContractError(`${what}: ${reasonOf(cause)}`, { cause });
  }
}

const OUTCOMES: readonly ReleaseOutcome[] = ['released', 'done', 'lost', 'unknown'];
const METHODS = ['acquire', 'tryAcquire', 'using', 'inspect', 'health'] as const;

/** The lock, with every lease that it grants checked. */
export function checkedLock(lock: Lock): Lock {
  const missing = METHODS.filter((name) => typeof lock[name] !== 'function');
  if (missing.length > 0) throw new ContractError(`the lock lacks ${missing.join(', ')}`);
  return {
    acquire: async (key, options) => checkedLease(await promised('acquire', lock.acquire(key, options)), key),
    tryAcquire: async (key, options) => {
      const lease = await promised('tryAcquire', lock.tryAcquire(key, options));
      return lease === null ? null : checkedLease(lease, key);
    },
    using: (key, options, routine) => lock.using(key, options, routine),
    inspect: (key) => lock.inspect(key),
    health: async () => {
      const health = await promised('health', lock.health());
      if (typeof health?.ok !== 'boolean')
        throw new ContractError(`health must resolve to { ok, … }, and resolved to ${JSON.stringify(health)}`);
      return health;
    },
  };
}

/** Under load every lease is paid for: a lock that departs from the contract does so in the first of them. */
const CHECKED_UNDER_LOAD = 500;

/** @param raw the lock behind `checked` */
export function checkedAtFirst(checked: Lock, raw: Lock): Lock {
  let left = CHECKED_UNDER_LOAD;
  const next = (): Lock => (left-- > 0 ? checked : raw);
  return {
    ...checked,
    acquire: (key, options) => next().acquire(key, options),
    tryAcquire: (key, options) => next().tryAcquire(key, options),
  };
}

/** Releases; what a release may not do is named. */
export async function checkedRelease(lease: Lease): Promise<ReleaseOutcome> {
  let outcome: ReleaseOutcome;
  try {
    outcome = await promised('release', lease.release());
  } catch (cause) {
    if (cause instanceof ContractError) throw cause;
    throw new ContractError(`release must never reject, and did: ${reasonOf(cause)}`, { cause });
  }
  if (!OUTCOMES.includes(outcome))
    throw new ContractError(`release must answer ${OUTCOMES.join(', ')}, and answered ${shown(outcome)}`);
  return outcome;
}

/** @throws ContractError when a call answered at once */
function promised<T>(name: string, answer: Promise<T>): Promise<T> {
  if (typeof answer?.then === 'function') return answer;
  throw new ContractError(`${name} must return a promise, and returned ${shown(answer)}`);
}

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null;

const checkedLease = (lease: Lease, key: string): Lease =>
  lookedAt('a lease departs from the contract', () => assertLease(lease, key));

function assertLease(lease: Lease, key: string): Lease {
  if (!isObject(lease)) throw new ContractError(`a grant must be a lease, and is ${shown(lease)}`);
  const wrong: string[] = [];
  const expect = (good: boolean, departure: string): void => {
    if (!good) wrong.push(departure);
  };
  expect(lease.key === key, `key is ${shown(lease.key)}, asked for ${JSON.stringify(key)}`);
  expect(typeof lease.token === 'string' && lease.token !== '', 'token must be a non-empty string');
  expect(
    lease.fencingToken === undefined || typeof lease.fencingToken === 'bigint',
    `fencingToken must be a bigint or undefined, is ${typeof lease.fencingToken}`,
  );
  expect(
    typeof lease.fencingToken !== 'bigint' || lease.fencingToken >= 0n,
    `fencingToken must not be negative, is ${lease.fencingToken}`,
  );
  expect(
    lease.expiresAt === undefined || Number.isFinite(lease.expiresAt),
    'expiresAt must be a finite number on the time line of performance.now(), or undefined',
  );
  expect(lease.signal instanceof AbortSignal, 'signal must be an AbortSignal');
  for (const name of ['remainingMs', 'renew', 'onRenewed', 'release'] as const) {
    expect(typeof lease[name] === 'function', `${name} must be a function`);
  }
  if (wrong.length > 0) throw new ContractError(`a lease departs from the contract: ${wrong.join('; ')}`);
  return lease;
}
