import type { HistoryInfo } from '../history/read.ts';
import type { Finding, JudgedModel, Verdict } from './verdict.ts';

/** Of each kind and property the earliest so many are told; all are counted. */
export const MAX_FINDINGS = 20;

type Lazy = Omit<Finding, 'summary' | 'witness'> & { readonly tell: () => Pick<Finding, 'summary' | 'witness'> };

/** Collects what a checker finds. The telling is done only for the findings that are kept. */
export class Findings {
  readonly #kept = new Map<string, Lazy[]>();
  readonly #totals = { violation: 0, overrun: 0, inconclusive: 0, application: 0 };

  add(finding: Lazy): void {
    this.#totals[finding.kind] += 1;
    const group = `${finding.kind} ${finding.property}`;
    const kept = this.#kept.get(group);
    if (kept === undefined) {
      this.#kept.set(group, [finding]);
      return;
    }
    kept.push(finding);
    if (kept.length >= MAX_FINDINGS * 10) this.#kept.set(group, earliest(kept));
  }

  total(kind: Finding['kind']): number {
    return this.#totals[kind];
  }

  /** Without anything to judge the verdict is `unknown`: what was not exercised has not passed. */
  verdict(model: JudgedModel, operations: number, counts: Readonly<Record<string, number>>): Verdict {
    const judged = { model, operations, findings: this.#told(), counts };
    if (this.#totals.violation > 0) return { ...judged, valid: false };
    if (operations > 0) return { ...judged, valid: true };
    return { ...judged, valid: 'unknown', reason: 'nothing in the history is about this' };
  }

  #told(): Finding[] {
    const kept = [...this.#kept.values()].flatMap(earliest);
    return kept.toSorted((a, b) => a.at - b.at).map(({ tell, ...finding }) => ({ ...finding, ...tell() }));
  }
}

function earliest(findings: readonly Lazy[]): Lazy[] {
  return findings.toSorted((a, b) => a.at - b.at).slice(0, MAX_FINDINGS);
}

/** The events at these places, without repetition, in order of time. */
export function eventsAt(info: HistoryInfo, refs: readonly number[]): Finding['witness'] {
  const events = [...new Set(refs)].filter((ref) => ref >= 0).map((ref) => info.eventAt(ref));
  const at = (event: (typeof events)[number]): number => event.time ?? event.index ?? 0;
  return events.toSorted((a, b) => at(a) - at(b));
}

/** A moment in words: milliseconds, or the index where the history has no times. */
export function moment(info: HistoryInfo, at: number): string {
  if (at === Infinity) return 'the end of the history';
  return info.clock === 'time' ? `${(at / 1e6).toFixed(1)} ms` : `index ${at}`;
}
