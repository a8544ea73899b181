/** Random operations, carried out by the resource behind its plain door, whoever asks for them and in whatever order. */
import fc, { type Arbitrary } from 'fast-check';
import { GuardedResource } from '../../harness/resource/guarded.ts';
import type { AnyScenario } from '../../harness/resource/scenario.ts';
import { loadScenario } from '../../harness/resource/load-scenario.ts';
import { scenarioUrl } from '../../harness/run/scenarios.ts';
import type { CarriedOut } from '../../harness/check/carried-out.ts';

export const PLAN = { names: ['a', 'b'], workers: 2, clients: 3, leaseMs: 600, endless: false };

interface Asked {
  readonly operation: string;
  readonly argument: object;
  readonly client: number;
  readonly on: string;
  readonly afterMs: number;
}

export type Arguments = Readonly<Record<string, Arbitrary<object>>>;

/** @param operations what each of them may be given. @param focus in every other run there are these only */
export const asked = (operations: Arguments, focus: readonly string[] = []): Arbitrary<Asked[]> =>
  focus.length === 0
    ? askedOf(operations)
    : fc.oneof(
        askedOf(operations),
        askedOf(Object.fromEntries(Object.entries(operations).filter(([name]) => focus.includes(name)))),
      );

const askedOf = (operations: Arguments): Arbitrary<Asked[]> =>
  fc.array(
    fc.oneof(
      ...Object.entries(operations).map(([operation, argument]) =>
        fc.record({
          operation: fc.constant(operation),
          argument,
          client: fc.nat({ max: PLAN.clients - 1 }),
          on: fc.constantFrom('a', 'a', 'b'),
          afterMs: fc.nat({ max: 60 }),
        }),
      ),
    ),
    { maxLength: 24, size: 'max' },
  );

export async function loaded(name: string): Promise<AnyScenario> {
  return loadScenario(scenarioUrl(name));
}

/** Each client has one lease for all that it does. */
export function carriedOutBy(scenario: AnyScenario, all: readonly Asked[]): CarriedOut[] {
  let nowNs = 0;
  const done: CarriedOut[] = [];
  let client = 0;
  const resource = new GuardedResource(
    scenario,
    PLAN,
    () => nowNs,
    ({ f, key = '', value, time }) => {
      const { lease, door: _door, accepted: _accepted, ...values } = value as Record<string, unknown>;
      const who = { lease: String(lease), client };
      done.push({ operation: f, values, resource: key, ...who, atMs: time / 1e6, place: done.length });
    },
  );
  for (const one of all) {
    nowNs += one.afterMs * 1e6;
    ({ client } = one);
    const { operation, argument, on: key } = one;
    const given = { plain: { ...argument } };
    resource.use({ id: 0, key, lease: `lease of ${client}`, operation, argument: given });
  }
  return done;
}
