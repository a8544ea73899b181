/** Verdicts on counters, registers, key-value stores and mutexes. */
import type { HistoryInfo } from '../history/read.ts';
import { counterFaults } from './counter.ts';
import { eventsAt, Findings, moment } from './findings.ts';
import { limitOf, linearize, type Bounds } from './linearize.ts';
import { kvModel, mutexModel, registerModel } from './models.ts';
import {
  COUNTER_OPERATIONS,
  KV_OPERATIONS,
  MUTEX_OPERATIONS,
  REGISTER_OPERATIONS,
  type OperationHistory,
  type OperationReaders,
} from './operations.ts';
import type { SequentialModel, SequentialOperation } from './sequential.ts';
import type { Finding, Model, Verdict } from './verdict.ts';

export interface SequentialChecker {
  readonly readers: OperationReaders;
  check(history: OperationHistory, bounds: Bounds): Verdict;
}

/** Concurrent operations that are shown beside the one that cannot be explained. */
const MAX_SHOWN = 4;

/** Linearizability against a model by the general search; exponential at worst, hence the bounds. */
function general<State>(
  model: Model,
  property: Finding['property'],
  readers: OperationReaders,
  sequential: SequentialModel<State>,
): SequentialChecker {
  return {
    readers,
    check({ info, byKey }, bounds) {
      const findings = new Findings();
      const limit = limitOf(bounds);
      const unknown: string[] = [];
      let operations = 0;
      for (const [key, ofKey] of byKey) {
        operations += ofKey.length;
        const result = linearize(sequential, ofKey, limit);
        if (result.kind === 'unknown') unknown.push(`${key === '' ? '' : `"${key}": `}${result.reason}`);
        if (result.kind !== 'illegal') continue;
        const { stuckAt } = result;
        findings.add({
          kind: 'violation',
          property,
          key,
          at: stuckAt.returned,
          leases: [],
          tell: () => ({
            summary: `no order of the operations${key === '' ? '' : ` on "${key}"`} explains that ${inWords(info, stuckAt)}`,
            witness: witness(info, stuckAt, ofKey),
          }),
        });
      }
      const verdict = findings.verdict(model, operations, { keys: byKey.size });
      if (verdict.valid !== true || unknown[0] === undefined) return verdict;
      return { ...verdict, valid: 'unknown', reason: unknown[0] };
    },
  };
}

function inWords(info: HistoryInfo, { f, input, output, process, called, returned }: SequentialOperation): string {
  const [argument, answer] = [input, output].map((value) => (value === undefined ? '' : JSON.stringify(value)));
  const what = `${f}(${argument})${answer === '' ? '' : ` answered ${answer}`}`;
  return `${what} for process ${process}, from ${moment(info, called)} to ${moment(info, returned)}`;
}

/** The operation, what was under way beside it, and what had returned last before it. */
function witness(
  info: HistoryInfo,
  stuck: SequentialOperation,
  all: readonly SequentialOperation[],
): Finding['witness'] {
  const others = all.filter((other) => other !== stuck && other.called <= stuck.returned);
  const latest = others.toSorted((a, b) => Math.min(b.returned, stuck.returned) - Math.min(a.returned, stuck.returned));
  const shown = [...latest.slice(0, MAX_SHOWN), stuck];
  return eventsAt(
    info,
    shown.flatMap(({ invokeRef, completionRef }) => [invokeRef, completionRef]),
  );
}

export const counter: SequentialChecker = {
  readers: COUNTER_OPERATIONS,
  check({ info, byKey }) {
    const findings = new Findings();
    let operations = 0;
    for (const [key, ofKey] of byKey) {
      operations += ofKey.length;
      for (const { operation, other, why } of counterFaults(ofKey)) {
        const involved = other === undefined ? [operation] : [other, operation];
        findings.add({
          kind: 'violation',
          property: 'no-lost-update',
          key,
          at: Math.max(...involved.map(({ returned, called }) => (returned === Infinity ? called : returned))),
          leases: [],
          tell: () => ({
            summary: `${why}: ${involved.map((one) => inWords(info, one)).join('; ')}`,
            witness: eventsAt(
              info,
              involved.flatMap(({ invokeRef, completionRef }) => [invokeRef, completionRef]),
            ),
          }),
        });
      }
    }
    return findings.verdict('counter', operations, { keys: byKey.size });
  },
};

export const mutex = general('mutex', 'exclusion', MUTEX_OPERATIONS, mutexModel);
export const register = general('register', 'no-lost-update', REGISTER_OPERATIONS, registerModel);
export const kv = general('kv', 'no-lost-update', KV_OPERATIONS, kvModel);
