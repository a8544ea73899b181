/** What the lock costs: latencies, rates and thresholds. */
import type { LockReport, ThresholdResult } from '../../harness/report/report.ts';
import { MARKS, THRESHOLD_VERDICTS } from '../reading.ts';
import { LATENCIES, count, isSimulated, milliseconds, ratesPhrase, significant } from '../wording.ts';
import { MOST_CURVES, curveSvg, type Curve } from './curve.ts';
import { markup, type Markup } from './markup.ts';

/** `id` is the lock's own on the page. */
export function costSection(lock: LockReport, id: string): Markup | undefined {
  const curves = curvesOf(lock);
  const rates = ratesPhrase(lock);
  const thresholds = lock.thresholds ?? [];
  if (curves.length === 0 && rates === '' && thresholds.length === 0) return undefined;
  return markup`<h3>${headingOf(lock)}</h3>
${rates === '' ? undefined : markup`<p>${rates}.</p>`}
${thresholds.length === 0 ? undefined : thresholdTable(thresholds)}
${curves.length === 0 ? undefined : markup`${curveFigure(curves, `${id}-latency`, `Latency of ${lock.name} by percentile`)}${latencyTable(curves, 'phase')}`}`;
}

function headingOf(lock: LockReport): string {
  if (isSimulated(lock)) return 'Cost without faults (simulated time)';
  if (lock.load === undefined) return 'Cost without faults';
  return lock.load.faults.length === 0 ? 'Cost under load' : 'Cost under load and faults';
}

function curvesOf(lock: LockReport): readonly Curve[] {
  return LATENCIES.flatMap((name) => {
    const latency = lock.latency[name];
    return latency === undefined || latency.count === 0 ? [] : [{ name, latency }];
  });
}

/** The time to acquire of several locks in one picture; simulated time does not belong beside real time. */
export function acquireComparison(locks: readonly LockReport[]): Markup | undefined {
  const curves = locks.flatMap((lock) =>
    lock.latency.acquire === undefined || isSimulated(lock) ? [] : [{ name: lock.name, latency: lock.latency.acquire }],
  );
  if (curves.length < 2) return undefined;
  const rest =
    curves.length > MOST_CURVES
      ? markup`<p class="small">The first ${MOST_CURVES} locks are drawn; all are in the table.</p>`
      : undefined;
  return markup`<h3>Time to acquire</h3>${curveFigure(curves, 'overview-acquire', 'Time to acquire of each lock by percentile')}${rest}${latencyTable(curves, 'lock')}`;
}

function curveFigure(curves: readonly Curve[], id: string, label: string): Markup {
  return markup`<figure><div class="scroll" tabindex="0" role="region" aria-label="${label}">${curveSvg(curves, id, `${label}; the table below has the numbers`)}</div></figure>`;
}

function latencyTable(curves: readonly Curve[], what: string): Markup {
  const rows = curves.map(({ name, latency: { p50, p90, p99, p999, max, count: samples } }) => {
    const numbers = [p50, p90, p99, p999, max].map((ms) => markup`<td class="number">${milliseconds(ms)}</td>`);
    return markup`<tr><th scope="row">${name}</th>${numbers}<td class="number">${count(samples)}</td></tr>`;
  });
  const columns = ['p50', 'p90', 'p99', 'p99.9', 'max', 'count'].map(
    (name) => markup`<th scope="col" class="number">${name}</th>`,
  );
  return markup`<div class="scroll" tabindex="0" role="region" aria-label="Latencies in milliseconds"><table>
<caption>Milliseconds</caption><thead><tr><th scope="col">${what}</th>${columns}</tr></thead><tbody>${rows}</tbody></table></div>`;
}

function thresholdTable(thresholds: readonly ThresholdResult[]): Markup {
  const rows = thresholds.map((threshold) => {
    const { standing, word } = THRESHOLD_VERDICTS[threshold.verdict];
    const measured = threshold.measured === undefined ? '' : significant(threshold.measured);
    return markup`<tr><th scope="row"><code>${threshold.expression}</code></th><td class="number">${measured}</td><td class="${standing}"><span class="verdict">${MARKS[standing].mark} ${word}</span>${threshold.note === undefined ? undefined : markup` ${threshold.note}`}</td></tr>`;
  });
  return markup`<div class="scroll" tabindex="0" role="region" aria-label="Thresholds"><table><thead><tr><th scope="col">threshold</th><th scope="col" class="number">measured</th><th scope="col">verdict</th></tr></thead><tbody>${rows}</tbody></table></div>`;
}
