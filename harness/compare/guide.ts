/** Which lock when: for each need, the best of the measured locks that promise what it takes. */
import type { Backend } from 'holdfast-locks';
import type { LockReport } from '../report/report.ts';
import type { Advice, Row } from '../report/comparison.ts';
import { QUESTIONS, type QuestionName } from './guarantees.ts';

interface Need {
  readonly need: string;
  readonly by: 'throughput' | 'acquire p99';
  readonly promises?: readonly QuestionName[];
  readonly on?: readonly Backend[];
  readonly topology?: 'single';
}

/** In the order in which a reader asks. */
const NEEDS: readonly Need[] = [
  { need: 'The most cycles a second', by: 'throughput' },
  { need: 'The shortest wait at the tail', by: 'acquire p99' },
  { need: 'One small server and nothing else to run', by: 'throughput', topology: 'single' },
  { need: 'It must survive the loss of a server', by: 'throughput', promises: ['loss'] },
  { need: 'It must survive servers that forget', by: 'throughput', promises: ['amnesia'] },
  { need: 'Clocks cannot be trusted', by: 'throughput', promises: ['clocks'] },
  { need: 'A late write would do harm', by: 'throughput', promises: ['pause'] },
  { need: 'First come, first served', by: 'acquire p99', promises: ['fair'] },
  { need: 'Many readers, few writers', by: 'throughput', promises: ['sharing'] },
  { need: 'Code that holds the lock calls code that takes it', by: 'throughput', promises: ['reentrant'] },
  { need: 'There is a database already', by: 'throughput', on: ['postgres', 'mariadb', 'mysql', 'sqlite'] },
  { need: 'There is a coordination service already', by: 'throughput', on: ['zookeeper', 'etcd', 'consul'] },
];

export interface Candidate {
  readonly row: Row;
  readonly report: LockReport;
}

/**
 * @param better whether the first is really better than the second by that metric
 * @returns nothing for needs that no lock of the comparison addresses: not those of its kind of backend, for example.
 */
export function guideOf(
  candidates: readonly Candidate[],
  better: (one: Row, other: Row, by: Need['by']) => boolean,
): Advice[] {
  const trusted = candidates.filter(({ row }) => row.rank !== undefined);
  if (trusted.length === 0) return [];
  return NEEDS.map((need) => {
    const fit = trusted.filter((candidate) => suits(candidate, need)).map(({ row }) => row);
    const best = fit.filter((one) => fit.every((other) => other === one || !better(other, one, need.by)));
    return { need: need.need, best: best.map(({ label }) => label), why: whyOf(need, best, fit.length) };
  });
}

function suits({ row, report }: Candidate, { promises = [], on, topology }: Need): boolean {
  return (
    promises.every((name) => isPromised(row, name)) &&
    (on === undefined || on.includes(report.backend.kind)) &&
    (topology === undefined || report.backend.topology === topology)
  );
}

function isPromised(row: Row, name: QuestionName): boolean {
  const guarantee = row.guarantees.find(({ question }) => question === QUESTIONS[name].question);
  return guarantee?.answer === 'yes' && guarantee.tested?.violated !== true;
}

function whyOf({ by }: Need, best: readonly Row[], fit: number): string {
  if (best.length === 0) return 'none of those measured';
  const values = best.flatMap(({ figures: { [by]: figure } }) => (figure === undefined ? [] : [figure.median]));
  const [least, most] = [Math.min(...values), Math.max(...values)].map(rounded);
  const unit = by === 'throughput' ? 'cycles/s' : 'ms (acquire p99)';
  const others = fit - best.length;
  const among = others === 0 ? (fit === 1 ? 'the only one measured' : 'no real difference') : `${others} more would do`;
  return `${least === most ? least : `${least} to ${most}`} ${unit}; ${among}`;
}

const rounded = (value: number): string =>
  value >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(3)));
