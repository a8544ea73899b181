/** What a comparison comes to: its exit code, and the sentence that explains it. */
import { conclusionOf, EXIT, exitCodeOf, worst, type ExitCode } from '../verdict/exit-codes.ts';
import { gateOf } from '../gates/change.ts';
import type { LockReport } from '../report/report.ts';
import type { Change, Comparison } from '../report/comparison.ts';

export interface Outcome {
  readonly exitCode: ExitCode;
  readonly conclusion: string;
}

/** What a claim left unexercised says nothing against a comparison; what it shows broken does. */
export function outcomeOf(locks: readonly LockReport[], comparison: Comparison): Outcome {
  const judged = locks.map((lock) => ({
    ...lock,
    cells: lock.cells.filter(({ verdict }) => verdict !== 'inconclusive'),
  }));
  const strictness = { requireAll: false };
  const gate = comparison.baseline === undefined ? 'passed' : gateOf(comparison.baseline.changes);
  const ofLocks = worst(judged.map((lock) => exitCodeOf(lock, strictness)));
  const ofGate = { passed: EXIT.ok, regressed: EXIT.threshold, inconclusive: EXIT.inconclusive }[gate];
  const exitCode = worst([ofLocks, ofGate]);
  const byGate = exitCode === ofGate && exitCode !== ofLocks;
  if (byGate || (exitCode === EXIT.threshold && ofGate === EXIT.threshold))
    return { exitCode, conclusion: gateSentence(comparison) };
  if (exitCode === EXIT.ok) return { exitCode, conclusion: okSentence(comparison) };
  return { exitCode, conclusion: conclusionOf(exitCode, judged, strictness) };
}

function gateSentence({ baseline }: Comparison): string {
  const { changes = [], notes = [], name = '' } = baseline ?? {};
  const regressed = changes.filter(({ verdict }) => verdict === 'regressed');
  const [first] = regressed;
  if (first !== undefined) {
    const more = regressed.length > 1 ? ` and ${regressed.length - 1} more` : '';
    return `Slower than the baseline ${name}: ${changePhrase(first)}${more}.`;
  }
  const unsure = changes.find(({ metric, verdict }) => metric === 'throughput' && verdict === 'inconclusive');
  const why =
    unsure === undefined ? (notes[0] ?? 'nothing could be compared') : `${unsure.label}: ${unsure.note ?? ''}`;
  return `Whether anything is slower than the baseline ${name} cannot be told: ${why}.`;
}

/** `redis-basic: throughput 21 % worse (at least 15 %, at most 26 %)`. */
function changePhrase({ label, metric, loss, lossLow, lossHigh }: Change): string {
  const bounds =
    lossLow === undefined || lossHigh === undefined ? '' : ` (between ${signed(lossLow)} and ${signed(lossHigh)})`;
  return `${label}: ${metric} ${percent(Math.abs(loss))} ${loss < 0 ? 'better' : 'worse'}${bounds}`;
}

const percent = (share: number): string => `${Number((share * 100).toFixed(1))} %`;
const signed = (loss: number): string => `${loss < 0 ? '' : '+'}${Number((loss * 100).toFixed(1))} %`;

function okSentence({ rows, baseline, rankedBy, unranked }: Comparison): string {
  const warnings = (baseline?.changes ?? []).filter(({ verdict }) => verdict === 'warning').length;
  if (baseline !== undefined) {
    const but = warnings === 0 ? '' : `; ${warnings} warning${warnings === 1 ? '' : 's'}`;
    return `Not slower than the baseline ${baseline.name} by the limit${but}.`;
  }
  const best = rows.filter(({ rank }) => rank === 1).map(({ label }) => label);
  if (best.length === 0 || rankedBy === undefined)
    return `${rows.length} locks side by side, without ranks${unranked === undefined ? '' : `: ${unranked}`}.`;
  return best.length === 1
    ? `${best[0] ?? ''} is first by ${rankedBy}.`
    : `By ${rankedBy} there is no real difference between ${best.join(', ')}.`;
}
