/** Annotations of a run in GitHub Actions: what broke or was missed is an error, what could not be told a warning. */
import type { Change } from '../harness/report/comparison.ts';
import type { LockReport, Report } from '../harness/report/report.ts';
import { lossPhrase } from './comparison-phrases.ts';
import { loadWarnings } from './load-phrases.ts';
import { evidence, measuredPhrase, standingOf } from './reading.ts';
import { besidesOf, besideTitle, underHazard } from './wording.ts';

interface Annotation {
  readonly level: 'error' | 'warning';
  readonly title: string;
  readonly message: string;
}

/** GitHub shows ten of each level for a step; the summary has them all. */
const MOST = 10;

/**
 * Workflow commands, one a line
 * (https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands#setting-an-error-message).
 */
export function annotationsOf(report: Report): string[] {
  const all = [
    ...report.locks.flatMap(ofLock),
    ...(report.comparison?.baseline?.changes ?? []).flatMap(ofChange),
    ...(report.comparison?.baseline?.notes ?? []).map((message) => warning('baseline', message)),
  ];
  return (['error', 'warning'] as const).flatMap((level) =>
    all
      .filter((annotation) => annotation.level === level)
      .slice(0, MOST)
      .map(written),
  );
}

const error = (title: string, message: string): Annotation => ({ level: 'error', title, message });
const warning = (title: string, message: string): Annotation => ({ level: 'warning', title, message });

function ofLock(lock: LockReport): Annotation[] {
  const { name, cells, thresholds = [] } = lock;
  const broken = cells
    .filter((cell) => standingOf(cell) === 'violated')
    .map((cell) => {
      const story = [
        cell.witness?.summary ?? evidence(cell),
        ...(cell.replay === undefined ? [] : [`replay: ${cell.replay}`]),
      ];
      return error(`${name}: ${cell.property} violated ${underHazard(cell.hazard)}`, story.join('\n'));
    });
  const open = cells.filter((cell) => standingOf(cell) === 'inconclusive');
  return [
    ...broken,
    ...besidesOf(lock).map((beside) => error(besideTitle(name, beside), `${beside.message}\nreplay: ${beside.replay}`)),
    ...thresholds
      .filter(({ verdict }) => verdict !== 'met')
      .map((threshold) => {
        const text = `${threshold.expression}: ${measuredPhrase(threshold)}`;
        return threshold.verdict === 'missed'
          ? error(`${name}: threshold missed`, text)
          : warning(`${name}: threshold not judged`, text);
      }),
    ...(open.length === 0
      ? []
      : [
          warning(
            `${name}: not exercised`,
            open.map(({ property, hazard }) => `${property} ${underHazard(hazard)}`).join(', '),
          ),
        ]),
    ...loadWarnings(lock).map((text) => warning(name, text)),
  ];
}

function ofChange(change: Change): Annotation[] {
  const text = `${change.metric} ${lossPhrase(change)}${change.note === undefined ? '' : `, ${change.note}`}`;
  if (change.verdict === 'regressed') return [error(`${change.label}: slower than the baseline`, text)];
  const isWorthTelling =
    change.verdict === 'warning' || (change.verdict === 'inconclusive' && change.metric === 'throughput');
  return isWorthTelling ? [warning(`${change.label}: against the baseline`, text)] : [];
}

function written({ level, title, message }: Annotation): string {
  return `::${level} title=${escapedProperty(`Holdfast: ${title}`)}::${escapedData(message)}`;
}

const escapedData = (text: string): string =>
  text.toWellFormed().replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
const escapedProperty = (text: string): string => escapedData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
