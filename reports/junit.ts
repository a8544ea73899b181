/**
 * `junit.xml`: one test case for each claim, each threshold and each change against a baseline, for CI systems.
 *
 * A broken claim, a breach, a missed threshold or a regression is a failure, one that counts but was not exercised or measured an error, so that
 * the file is red exactly when the exit code is 1, 3 or 4; what is not promised or not judged is skipped, and what is not
 * applicable is left out.
 */
import type { Change } from '../harness/report/comparison.ts';
import type { Cell, LockReport, Report, ThresholdResult } from '../harness/report/report.ts';
import { lossPhrase } from './comparison-phrases.ts';
import { THRESHOLD_VERDICTS, evidence, hazardsOf, measuredPhrase, standingOf, type Standing } from './reading.ts';
import type { Reporter } from './reporter.ts';
import { backendPhrase, besidesOf, underHazard, type Beside } from './wording.ts';

export function renderJunit(report: Report): string {
  const changes = report.comparison?.baseline?.changes ?? [];
  const suites = [
    ...report.locks.map((lock) => suite(lock, report)),
    ...(changes.length === 0 ? [] : [baselineSuite(changes)]),
  ];
  const totals = countsOf([...report.locks.flatMap(standingsOf), ...changes.map(changeStanding)]);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="holdfast" ${totals} time="${(report.elapsedMs / 1000).toFixed(3)}">`,
    ...suites,
    '</testsuites>\n',
  ].join('\n');
}

export const junitReporter: Reporter = { format: 'junit', fileName: 'junit.xml', render: renderJunit };

function casesOf(lock: LockReport): readonly Cell[] {
  const order = hazardsOf(lock);
  return lock.cells
    .filter((cell) => standingOf(cell) !== 'not-applicable')
    .toSorted((a, b) => order.indexOf(a.hazard) - order.indexOf(b.hazard))
    .toSorted(
      (a, b) =>
        lock.cells.findIndex((c) => c.property === a.property) - lock.cells.findIndex((c) => c.property === b.property),
    );
}

function suite(lock: LockReport, report: Report): string {
  const cells = casesOf(lock);
  const properties = {
    command: report.command,
    seed: String(report.seed),
    profile: report.profile,
    backend: backendPhrase(lock),
    provisioner: lock.backend.provisioner,
  };
  return [
    `  <testsuite name="${escape(lock.name)}" ${countsOf(standingsOf(lock))} timestamp="${report.startedAt.replace(/(\.\d+)?Z$/u, '')}">`,
    '    <properties>',
    ...Object.entries(properties).map(([name, value]) => `      <property name="${name}" value="${escape(value)}"/>`),
    '    </properties>',
    ...cells.map((cell) => testCase(lock, cell)),
    ...besidesOf(lock).map((beside) => besideCase(lock, beside)),
    ...(lock.thresholds ?? []).map((threshold) => thresholdCase(lock, threshold)),
    '  </testsuite>',
  ].join('\n');
}

/** Of every test case of a lock. */
function standingsOf(lock: LockReport): readonly Standing[] {
  const thresholds = lock.thresholds ?? [];
  const besides = besidesOf(lock).map((): Standing => 'violated');
  return [
    ...casesOf(lock).map(standingOf),
    ...besides,
    ...thresholds.map(({ verdict }) => THRESHOLD_VERDICTS[verdict].standing),
  ];
}

function countsOf(standings: readonly Standing[]): string {
  const failures = standings.filter((standing) => standing === 'violated').length;
  const errors = standings.filter((standing) => standing === 'inconclusive').length;
  const skipped = standings.filter((standing) => standing === 'not-promised' || standing === 'not-judged').length;
  return `tests="${standings.length}" failures="${failures}" errors="${errors}" skipped="${skipped}"`;
}

function testCase(lock: LockReport, cell: Cell): string {
  return caseOf(lock.name, `${cell.property} ${underHazard(cell.hazard)}`, OUTCOMES[standingOf(cell)](cell));
}

function besideCase({ name }: LockReport, { kind, what, message, story: lines, replay }: Beside): string {
  const told = escape([...lines, `replay: ${replay}`].join('\n'));
  const body = `<failure type="${kind}" message="${escape(message)}">${told}</failure>`;
  return caseOf(name, `${what}: ${message}`, body);
}

function thresholdCase(lock: LockReport, threshold: ThresholdResult): string {
  const message = escape(measuredPhrase(threshold));
  const body = {
    met: `<system-out>${message}</system-out>`,
    missed: `<failure type="missed" message="${message}"/>`,
    inconclusive: `<error type="inconclusive" message="${message}"/>`,
  }[threshold.verdict];
  return caseOf(lock.name, `threshold ${threshold.expression}`, body);
}

/** A warning is no failure, and a tail that is too noisy to tell no error: neither moves the exit code. */
function changeStanding({ verdict, metric }: Change): Standing {
  if (verdict === 'regressed') return 'violated';
  return verdict === 'inconclusive' && metric === 'throughput' ? 'inconclusive' : 'holds';
}

function baselineSuite(changes: readonly Change[]): string {
  return [
    `  <testsuite name="baseline" ${countsOf(changes.map(changeStanding))}>`,
    ...changes.map((change) => {
      const message = escape([lossPhrase(change), ...(change.note === undefined ? [] : [change.note])].join(', '));
      const standing = changeStanding(change);
      const body =
        standing === 'violated'
          ? `<failure type="regressed" message="${message}"/>`
          : standing === 'inconclusive'
            ? `<error type="inconclusive" message="${message}"/>`
            : `<system-out>${message}</system-out>`;
      return caseOf('baseline', `${change.label} ${change.metric}`, body);
    }),
    '  </testsuite>',
  ].join('\n');
}

function caseOf(suiteName: string, name: string, body: string): string {
  const open = `    <testcase classname="${escape(suiteName)}" name="${escape(name)}"`;
  return body === '' ? `${open}/>` : `${open}>\n      ${body}\n    </testcase>`;
}

const OUTCOMES: Readonly<Record<Standing, (cell: Cell) => string>> = {
  holds: (cell) => `<system-out>${escape(evidence(cell))}</system-out>`,
  violated: (cell) =>
    `<failure type="violated" message="${escape(cell.witness?.summary ?? evidence(cell))}">${escape(story(cell))}</failure>`,
  inconclusive: (cell) => `<error type="inconclusive" message="${escape(cell.note ?? evidence(cell))}"/>`,
  'not-promised': (cell) => skippedBecause('not promised', cell),
  'not-judged': (cell) => skippedBecause('not judged', cell),
  'not-applicable': () => '',
};

function skippedBecause(why: string, { note }: Cell): string {
  return `<skipped message="${escape(note === undefined ? why : `${why}: ${note}`)}"/>`;
}

function story(cell: Cell): string {
  const lines = [evidence(cell), ...(cell.witness?.story ?? [])];
  return [...lines, ...(cell.replay === undefined ? [] : [`replay: ${cell.replay}`])].join('\n');
}

const NAMED: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

/** XML 1.0 has no way at all to write most control characters and lone surrogates: they become U+FFFD. */
function escape(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu, '\u{FFFD}')
    .replaceAll(/[&<>"']/gu, (character) => NAMED[character] ?? character);
}
