/** Loading a scenario's module and checking it against the contract. */
import { z } from 'zod';
import { UsageError } from '../base/errors.ts';
import { describeIssues, reasonOf } from '../base/issues.ts';
import type { AnyScenario } from './scenario.ts';

const isFunction = (value: unknown): boolean => typeof value === 'function';
const method = z.custom((value) => isFunction(value), 'must be a function');

const schema = z.looseObject({
  name: z.string().min(1),
  summary: z.string(),
  leastNames: z.number().int().positive().max(10).optional(),
  resources: z.custom((value) => isFunction(value) || (typeof value === 'object' && value !== null), {
    message: 'must be an object with a state for each name, or a function that makes one',
  }),
  operations: z.record(z.string().min(1), method),
  looks: z.array(z.string()).optional(),
  cycle: method,
  judge: method,
  property: z.literal('no-lost-update').optional(),
});

/** @throws UsageError that names each field, what it is and what is expected. */
export async function loadScenario(url: string): Promise<AnyScenario> {
  const exports = (await import(url).catch((cause: unknown) => {
    throw new UsageError(`scenario ${url} cannot be loaded: ${reasonOf(cause)}`, { cause });
  })) as Record<string, unknown>;
  const candidate = exports['scenario'];
  if (candidate === undefined) throw new UsageError(`${url} has no export named "scenario"`);
  const parsed = schema.safeParse(candidate);
  if (!parsed.success) throw new UsageError(`${url} is no scenario: ${describeIssues(parsed.error)}`);
  return candidate as AnyScenario;
}
