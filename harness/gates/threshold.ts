/**
 * Thresholds: what is demanded of a measurement, in the grammar of k6 with the metric in front.
 *
 *     threshold   = metric aggregation operator number
 *     metric      = "acquire" | "try" | "hold" | "renew" | "release" | "handover"    latencies, in milliseconds
 *                 | "throughput" | "capacity" | "cycles" | "errors" | "dropped" | "violations" | "oversold"
 *                 | "fairness" | "commands"
 *     aggregation = "avg" | "min" | "max" | "med" | "p(" number ")" | "count"       of a latency
 *                 | "rate"       of throughput, capacity: per second; of errors, dropped: a share from 0 to 1
 *                 | "count"      of cycles, errors, dropped, violations, oversold
 *                 | "value"      of fairness (Jain's index, 0 to 1), commands (for each cycle)
 *     operator    = "<" | "<=" | ">" | ">=" | "==" | "===" | "!="
 *
 * Blanks mean nothing: `acquire p(99)<50`, `violations count == 0`, `throughput rate>800`, `errors rate<0.001`.
 */
import { UsageError } from '../base/errors.ts';
import { oneLine } from '../base/issues.ts';

const LATENCIES = ['acquire', 'try', 'hold', 'renew', 'release', 'handover'] as const;
export type LatencyName = (typeof LATENCIES)[number];

/** What each of the other metrics can be asked for. */
const OTHERS = {
  throughput: ['rate'],
  capacity: ['rate'],
  cycles: ['count'],
  errors: ['rate', 'count'],
  dropped: ['rate', 'count'],
  violations: ['count'],
  oversold: ['count'],
  fairness: ['value'],
  commands: ['value'],
} as const;
export type OtherName = keyof typeof OTHERS;

export type Operator = '<' | '<=' | '>' | '>=' | '==' | '!=';
export type LatencyAggregation = 'avg' | 'min' | 'max' | 'count' | { readonly percentile: number };

interface Demand {
  /** As typed, blanks tidied. */
  readonly expression: string;
  readonly operator: Operator;
  readonly limit: number;
}
export interface LatencyThreshold extends Demand {
  readonly kind: 'latency';
  readonly metric: LatencyName;
  readonly aggregation: LatencyAggregation;
}
export interface OtherThreshold extends Demand {
  readonly kind: 'other';
  readonly metric: OtherName;
  readonly aggregation: 'rate' | 'count' | 'value';
}
export type Threshold = LatencyThreshold | OtherThreshold;

const SHAPE =
  /^(?<metric>[a-z]+) ?(?<aggregation>[a-z]+\d*(?: ?\( ?[^()]* ?\))?) ?(?<operator>===|==|!=|<=|>=|<|>) ?(?<limit>\d+(?:\.\d+)?)$/;

/** @throws UsageError that says what is wrong and shows the grammar. */
export function parseThreshold(text: string): Threshold {
  const expression = text.trim().replaceAll(/\s+/g, ' ');
  const { metric, aggregation, operator, limit } = SHAPE.exec(expression)?.groups ?? {};
  if (metric === undefined || aggregation === undefined || operator === undefined || limit === undefined)
    throw malformed(text, 'expected a metric, an aggregation, an operator and a number');
  const demand: Demand = { expression, operator: operatorOf(operator), limit: Number(limit) };
  const latency = LATENCIES.find((name) => name === metric);
  if (latency !== undefined)
    return { kind: 'latency', metric: latency, aggregation: latencyAggregation(aggregation, latency, text), ...demand };
  if (!isOther(metric)) {
    const names = [...LATENCIES, ...Object.keys(OTHERS)].join(', ');
    throw malformed(text, `"${metric}" is no metric; there are ${names}`);
  }
  const known = OTHERS[metric].find((one) => one === aggregation);
  if (known === undefined) throw malformed(text, `${metric} is asked for by ${OTHERS[metric].join(' or ')}`);
  return { kind: 'other', metric, aggregation: known, ...demand };
}

const isOther = (name: string): name is OtherName => Object.hasOwn(OTHERS, name);
const operatorOf = (text: string): Operator => (text === '===' ? '==' : (text as Operator));

function latencyAggregation(aggregation: string, metric: string, text: string): LatencyAggregation {
  switch (aggregation) {
    case 'avg':
    case 'min':
    case 'max':
    case 'count':
      return aggregation;
    case 'med':
      return { percentile: 50 };
    default: {
      const percentile = /^p ?\( ?(?<number>\d+(?:\.\d+)?) ?\)$/.exec(aggregation)?.groups?.['number'];
      if (percentile === undefined)
        throw malformed(text, `${metric} is asked for by avg, min, max, med, count or p(N) such as p(99)`);
      if (Number(percentile) > 100) throw malformed(text, 'a percentile is at most 100');
      return { percentile: Number(percentile) };
    }
  }
}

function malformed(text: string, why: string): UsageError {
  return new UsageError(
    `"${oneLine(text)}" is no threshold: ${why}. Examples: acquire p(99)<50 (milliseconds), handover med<=3, throughput rate>800, ` +
      'errors rate<0.001, violations count==0, fairness value>0.9',
  );
}
