import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Browser } from 'playwright-core';
import type { Report } from '../../harness/report/report.ts';
import { renderJunit } from '../../reports/junit.ts';
import { launchChromium } from './chromium.ts';
import { REPLAY, allHolds, inconclusive, severalLocks, violated } from './fixtures.ts';
import { HOSTILE, hostile } from './hostile.ts';

let browser: Browser;
before(async () => {
  browser = await launchChromium();
});
after(() => browser.close());

interface Case {
  readonly suite: string;
  readonly name: string;
  readonly outcome: string;
  readonly message: string;
  readonly text: string;
}

interface Parsed {
  readonly error: string;
  readonly cases: readonly Case[];
  /** Of `testsuites` and each `testsuite`: tests, failures, errors, skipped; as stated and as counted. */
  readonly counts: readonly { readonly stated: string; readonly counted: string }[];
}

/** Runs in the browser, whose XML parser knows nothing of us. */
const READ_XML = `(xml) => {
  const parsed = new DOMParser().parseFromString(xml, 'application/xml');
  return {
    error: parsed.querySelector('parsererror')?.textContent ?? '',
    cases: [...parsed.querySelectorAll('testsuite > testcase')].map((element) => ({
      suite: element.getAttribute('classname') ?? '',
      name: element.getAttribute('name') ?? '',
      outcome: element.firstElementChild?.tagName ?? '',
      message: element.firstElementChild?.getAttribute('message') ?? '',
      text: element.textContent.trim(),
    })),
    counts: [...parsed.querySelectorAll('testsuites, testsuite')].map((element) => ({
      stated: ['tests', 'failures', 'errors', 'skipped'].map((name) => element.getAttribute(name)).join(' '),
      counted: ['testcase', 'failure', 'error', 'skipped'].map((name) => element.querySelectorAll(name).length).join(' '),
    })),
  };
}`;

async function parsed(report: Report): Promise<Parsed> {
  const page = await browser.newPage();
  try {
    return await page.evaluate<Parsed>(`(${READ_XML})(${JSON.stringify(renderJunit(report))})`);
  } finally {
    await page.close();
  }
}

async function outcomesOf(report: Report): Promise<readonly string[]> {
  return (await parsed(report)).cases.map(({ outcome }) => outcome);
}

test('it is well-formed XML whose counts are true, whatever the texts', async () => {
  for (const make of [allHolds, violated, inconclusive, severalLocks, hostile]) {
    const { error, cases, counts } = await parsed(make());
    assert.equal(error, '', make.name);
    assert.ok(cases.length > 0);
    for (const { stated, counted } of counts) assert.equal(stated, counted, make.name);
  }
});

test('a broken claim is a failure with its story and its replay command', async () => {
  const { cases } = await parsed(violated());
  const broken = cases.find(({ name }) => name === 'exclusion under client-pause');
  assert.equal(broken?.suite, 'broken/no-deadline');
  assert.equal(broken.outcome, 'failure');
  assert.match(broken.message, /both held "orders" for 285 ms/u);
  assert.match(broken.text, /^7 in 52 tries\n\+578 ms/u);
  assert.ok(broken.text.endsWith(`replay: ${REPLAY}`));
});

test('the file is red exactly when a claim is broken or counts and was not exercised', async () => {
  assert.deepEqual(new Set(await outcomesOf(allHolds())), new Set(['system-out', 'skipped']));
  assert.equal((await outcomesOf(inconclusive())).filter((outcome) => outcome === 'error').length, 5);
  assert.equal((await outcomesOf(violated())).filter((outcome) => outcome === 'failure').length, 2);
});

test('what is not promised is skipped with what was seen; what does not apply is left out', async () => {
  const { cases } = await parsed(allHolds());
  const seen = cases.find(({ name }) => name === 'no-lost-update under client-pause');
  assert.equal(seen?.outcome, 'skipped');
  assert.match(seen.message, /^not promised: paused 900 ms/u);
  assert.ok(cases.every(({ name }) => !name.startsWith('fairness')));
});

test('texts arrive as they are, but for what XML cannot say', async () => {
  const { cases } = await parsed(hostile());
  assert.equal(cases[0]?.suite, HOSTILE.replace('\u0007', '\u{FFFD}'));
});
