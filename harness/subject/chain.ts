/** A lock with decorators around it, as one lock module. */
import { z } from 'zod';
import {
  type ConnectContext,
  type ConnectedLock,
  type DecoratorModule,
  type LockModule,
  type Weakened,
} from 'holdfast-locks';
import { claimOn, HAZARDS, PROPERTIES, type Claim, type Claims } from 'holdfast-locks/internal/claims';
import { describeIssues, reasonOf } from '../base/issues.ts';
import { ContractError } from './contract-error.ts';

type Options = Readonly<Record<string, unknown>>;

/** Where the options of decorators stand among those of a chain, by their names; all others are the lock's. */
const OPTIONS_KEY = 'decorators';

const decoratorSchema = z.looseObject({
  name: z.string().min(1),
  summary: z.string(),
  options: z.custom<DecoratorModule['options']>(
    (value) => typeof (value as DecoratorModule['options'] | undefined)?.parse === 'function',
    'must have a function "parse"',
  ),
  decorate: z.custom<DecoratorModule['decorate']>((value) => typeof value === 'function', 'must be a function'),
});

/** @throws ContractError that names each field, what it is and what is expected. */
export async function loadDecorator(url: string): Promise<DecoratorModule> {
  const exports = (await import(url).catch((cause: unknown) => {
    throw new ContractError(`${url} cannot be loaded: ${reasonOf(cause)}`, { cause });
  })) as Record<string, unknown>;
  const candidate = exports['decorator'];
  if (candidate === undefined) throw new ContractError(`${url} has no export named "decorator"`);
  const parsed = decoratorSchema.safeParse(candidate);
  if (!parsed.success) throw new ContractError(`${url} is no decorator: ${describeIssues(parsed.error)}`);
  return candidate as DecoratorModule;
}

/**
 * @param decorators from the inside out
 * @param options those of the lock, and under `decorators` those of the decorators by their names
 * @throws ContractError for options that a decorator does not take, and for one that makes a claim stronger
 */
export function chained(lock: LockModule, decorators: readonly DecoratorModule[], options: Options): LockModule {
  const { own } = divided(options, decorators);
  return decorators.reduce<LockModule>(
    (inner, decorator) => {
      const chosen = optionsFor(decorator, own);
      const weakened = decorator.weakens?.(inner, chosen) ?? {};
      mustNotStrengthen(inner, weakened, decorator.name);
      const name = `${inner.name} + ${decorator.name}`;
      return { ...inner, ...weakened, name, connect: (context) => connectAround(inner, decorator, context) };
    },
    takingOnlyItsOwn(lock, decorators),
  );
}

/** The lock itself, which knows nothing of the options of decorators. */
function takingOnlyItsOwn(lock: LockModule, decorators: readonly DecoratorModule[]): LockModule {
  return {
    ...lock,
    connect: (context) => lock.connect({ ...context, options: divided(context.options, decorators).rest }),
  };
}

async function connectAround(
  inner: LockModule,
  decorator: DecoratorModule,
  context: ConnectContext,
): Promise<ConnectedLock> {
  const { [OPTIONS_KEY]: own = {} } = context.options;
  const options = optionsFor(decorator, own as Options);
  const connected = await inner.connect(context);
  try {
    // What else the lock has connected, such as the word of a process of its own, goes on being there.
    return { ...connected, ...(await decorator.decorate(connected, options, context)) };
  } catch (error) {
    await connected.close();
    throw error;
  }
}

function divided(options: Options, decorators: readonly DecoratorModule[]): { own: Options; rest: Options } {
  const { [OPTIONS_KEY]: own = {}, ...rest } = options;
  const names = decorators.map(({ name }) => name);
  if (typeof own !== 'object' || own === null || Array.isArray(own))
    throw new ContractError(`options.${OPTIONS_KEY} must be an object, with the names of decorators`);
  const foreign = Object.keys(own).find((name) => !names.includes(name));
  if (foreign !== undefined)
    throw new ContractError(`options.${OPTIONS_KEY}: "${foreign}" is not in the chain, which has: ${names.join(', ')}`);
  return { own: own as Options, rest };
}

function optionsFor(decorator: DecoratorModule, own: Options): unknown {
  try {
    return decorator.options.parse(own[decorator.name] ?? {});
  } catch (cause) {
    const reason = cause instanceof z.ZodError ? describeIssues(cause) : reasonOf(cause);
    throw new ContractError(`options.${OPTIONS_KEY}.${decorator.name}: ${reason}`, { cause });
  }
}

/** A decorator keeps at most what the lock inside promises: it is no place for promises of its own. */
function mustNotStrengthen(inner: LockModule, weakened: Weakened, name: string): void {
  const stronger = weakened.claims === undefined ? undefined : strengthened(inner.claims, weakened.claims);
  if (stronger !== undefined) throw new ContractError(`${name} claims more than ${inner.name}: ${stronger}`);
  const { recoverMs = inner.recoverMs, turns = inner.turns } = weakened;
  if (recoverMs < inner.recoverMs) throw new ContractError(`${name} claims a shorter recoverMs than ${inner.name}`);
  if ((turns?.bypass ?? 0) < (inner.turns?.bypass ?? 0) || allowanceOf(turns) < allowanceOf(inner.turns))
    throw new ContractError(`${name} claims stricter turns than ${inner.name}`);
}

const allowanceOf = (turns: LockModule['turns']): number => turns?.allowanceMs ?? 300;

/** From the strongest. What is not applicable is tested no more than what is not promised. */
const STRENGTH: readonly Claim[] = ['holds', 'unavailable', 'not-promised', 'not-applicable'];

function strengthened(before: Claims, after: Claims): string | undefined {
  for (const property of PROPERTIES) {
    const hazard = HAZARDS.find(
      (one) => STRENGTH.indexOf(claimOn(after, property, one)) < STRENGTH.indexOf(claimOn(before, property, one)),
    );
    if (hazard !== undefined) return `${property} under ${hazard}`;
  }
  return undefined;
}
