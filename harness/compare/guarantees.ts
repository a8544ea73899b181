/** What a lock promises, put as the questions that people ask, beside how often this was tested. */
import {
  claimOn,
  isPromise,
  type Claim,
  type Claims,
  type Hazard,
  type Property,
} from 'holdfast-locks/internal/claims';
import { TOPOLOGIES } from 'holdfast-locks';
import { hazardsOf } from '../faults/available.ts';
import type { Cell, LockReport } from '../report/report.ts';
import type { Guarantee } from '../report/comparison.ts';

interface Question {
  readonly question: string;
  readonly property: Property;
  /** All of those that can befall the lock; where none can, there is no answer to give. */
  readonly hazards: readonly Hazard[];
}

export const QUESTIONS = {
  exclusive: { question: 'one holder at a time', property: 'exclusion', hazards: ['none'] },
  crash: { question: 'comes back after a crashed holder', property: 'deadlock-freedom', hazards: ['client-crash'] },
  pause: { question: 'stops late writes of a paused holder (fencing)', property: 'fencing', hazards: ['client-pause'] },
  loss: {
    question: 'one holder when a server is lost',
    property: 'exclusion',
    hazards: ['failover', 'minority-partition'],
  },
  amnesia: { question: 'one holder when a server forgets', property: 'exclusion', hazards: ['server-crash-volatile'] },
  clocks: {
    question: 'one holder when clocks jump',
    property: 'exclusion',
    hazards: ['clock-jump', 'clock-jump-majority'],
  },
  fair: { question: 'first come, first served', property: 'fairness', hazards: ['none'] },
  sharing: { question: 'readers share', property: 'sharing', hazards: ['none'] },
  reentrant: { question: 'its owner may enter again', property: 'reentrancy', hazards: ['none'] },
} as const satisfies Readonly<Record<string, Question>>;
export type QuestionName = keyof typeof QUESTIONS;

/** @param claims of the lock's module; without them, what the cells of the report say of them. */
export function guaranteesOf(report: LockReport, claims: Claims | undefined): Guarantee[] {
  return Object.values(QUESTIONS).map((question) => answer(question, report, claims));
}

function answer({ question, property, hazards }: Question, report: LockReport, claims: Claims | undefined): Guarantee {
  const possible = hazards.filter((hazard) => isPossible(report, hazard));
  const cells = report.cells.filter(
    (cell) => cell.property === property && possible.some((one) => one === cell.hazard),
  );
  const tried = cells.filter(({ verdict }) => verdict !== 'inconclusive');
  const words = possible.map((hazard) => claimOf(hazard, property, cells, claims));
  return {
    question,
    property,
    hazards: possible,
    answer: answerOf(words),
    ...(tried.length === 0
      ? {}
      : { tested: { tries: tried.reduce((sum, cell) => sum + triesOf(cell), 0), ...brokenIn(tried) } }),
  };
}

const triesOf = (cell: Cell): number => (cell.hazard === 'none' ? cell.runs : cell.faultsBitten);
const brokenIn = (cells: readonly Cell[]): { violated: boolean } => ({
  violated: cells.some(({ verdict, claim }) => verdict === 'violated' && isPromise(claim)),
});

function claimOf(
  hazard: Hazard,
  property: Property,
  cells: readonly Cell[],
  claims: Claims | undefined,
): Claim | undefined {
  return claims === undefined ? cells.find((cell) => cell.hazard === hazard)?.claim : claimOn(claims, property, hazard);
}

/** The weakest word counts. Refusing service is safe: it still answers the question with yes. */
function answerOf(words: readonly (Claim | undefined)[]): Guarantee['answer'] {
  const applicable = words.filter((word) => word !== 'not-applicable');
  if (applicable.length === 0) return 'impossible';
  if (applicable.includes('not-promised')) return 'no';
  return applicable.includes(undefined) ? 'unknown' : 'yes';
}

function isPossible({ backend }: LockReport, hazard: Hazard): boolean {
  const topology = TOPOLOGIES.find((one) => one === backend.topology);
  return hazard === 'none' || (topology !== undefined && hazardsOf(topology, backend.kind).includes(hazard));
}
