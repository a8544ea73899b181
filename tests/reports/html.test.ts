import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { launchChromium } from './chromium.ts';

import { REPLAY, allHolds, baseline, inconclusive, severalLocks, violated } from './fixtures.ts';
import { HOSTILE, hostile } from './hostile.ts';
import { open } from './open-report.ts';

let browser: Browser;
before(async () => {
  browser = await launchChromium();
});
after(() => browser.close());

test('the conclusion comes first, then what was run on what', async () => {
  await open(browser, violated(), {}, async (page) => {
    assert.match(await page.title(), /broken\/no-deadline: Holdfast report/u);
    const heading = page.getByRole('heading', { level: 1 });
    assert.match(await heading.innerText(), /broken\/no-deadline breaks 2 of its claims/u);
    const text = await page.locator('body').innerText();
    for (const fact of [
      'Exit code 1',
      'seed 42',
      'redis 7.0.15, single, native processes',
      '5 workers, lease 600 ms',
      'Intel Xeon',
      'Node 24.21.0',
      'holdfast 0.1.0',
      '2026-11-21 12:57 UTC',
    ]) {
      assert.ok(text.includes(fact), fact);
    }
    assert.ok(text.includes('holdfast verify --impl broken/no-deadline --seed 42'));
  });
});

test('the matrix has a cell for each claim, with its tries and its bound', async () => {
  await open(browser, violated(), {}, async (page) => {
    const table = page.getByRole('table', { name: /Claims of broken\/no-deadline/u });
    const row = (hazard: string) =>
      table.getByRole('row').filter({ has: page.getByRole('rowheader', { name: hazard, exact: true }) });
    assert.deepEqual(await table.getByRole('columnheader').allInnerTexts(), [
      'hazard',
      'exclusion',
      'no-lost-update',
      'fencing',
      'deadlock-freedom',
      'loss-notice',
    ]);
    assert.match(await row('reset').getByRole('cell').first().innerText(), /✓ holds\s+0 of 224, below 1\.4 %/u);
    assert.match(await row('server-pause').getByRole('cell').first().innerText(), /may refuse service/u);
    assert.match(await row('client-pause').getByRole('cell').nth(1).innerText(), /not promised\s+broke, see below/u);
    const tooltip = await row('reset').getByRole('cell').first().getAttribute('title');
    assert.match(
      tooltip ?? '',
      /Claimed: it holds\nVerdict: holds \(0 of 224, below 1\.4 %\)\n12 runs, 5152 operations judged, 224 of 230 faults took effect/u,
    );
    await row('client-pause').getByRole('link', { name: 'VIOLATED' }).click();
    assert.match(page.url(), /#lock-1-violation-1$/u);
    assert.ok(await page.getByRole('article', { name: 'exclusion violated under client-pause' }).isVisible());
  });
});

test('a counterexample tells its story, draws it, and says the same in a table', async () => {
  await open(browser, violated(), {}, async (page) => {
    const article = page.getByRole('article', { name: 'exclusion violated under client-pause' });
    assert.equal(await article.getByRole('listitem').filter({ hasText: /^\+/u }).count(), 5);
    const drawing = article.getByRole('img', { name: /^Timeline of broken\/no-deadline/u });
    const words = (await drawing.locator('text').allTextContents()).join(' | ');
    for (const word of [
      'worker-1',
      'k3 · fence 17',
      'held twice, 285 ms',
      'client-pause, worker-1',
      'server-pause, node 1 (did not bite)',
      'deadline',
      '16→17',
      'lost',
      '1800',
    ]) {
      assert.ok(words.includes(word), word);
    }
    await article.getByText('The timeline as a table').click();
    const table = await article.getByRole('table').innerText();
    assert.match(table, /578\s+worker-1\s+holds lease k3 \(fence 17\) until 1,489 ms, deadline 1,178 ms; lost/u);
    assert.match(table, /1,530\s+worker-1\s+writes 16 → 17 through the fenced door at 1,530 ms, refused/u);
    await article.getByText('The events that prove it').click();
    assert.match(await article.locator('pre').innerText(), /"f":"acquire"/u);
  });
});

test('further cases of the same property are folded, and a link from the matrix opens them', async () => {
  await open(browser, baseline(), {}, async (page) => {
    assert.equal(await page.getByRole('article').count(), 2);
    const row = page.getByRole('row').filter({ has: page.getByRole('rowheader', { name: 'client-crash' }) });
    await row.getByRole('link').first().click();
    const opened = page.getByRole('article', { name: 'exclusion violated under client-crash' });
    assert.ok(await opened.getByRole('img', { name: /^Timeline of none/u }).isVisible());
  });
});

test('bars stand where their times are, and fault windows shade the lane of their worker', async () => {
  await open(browser, violated(), { viewport: { width: 1200, height: 900 } }, async (page) => {
    const box = async (selector: string) => {
      const found = await page.locator(selector).first().boundingBox();
      assert.ok(found !== null, selector);
      return found;
    };
    const first = await box('.holding.witness .bar');
    const shade = await box('.fault-lane');
    const overlap = await box('.overlap-top');
    assert.ok(first.x < shade.x && shade.x + shade.width > first.x + first.width, 'the pause outlasts the belief');
    assert.ok(Math.abs(overlap.x + overlap.width - (first.x + first.width)) < 1.5, 'both held until the first let go');
    assert.ok(Math.abs(overlap.width / first.width - (1489 - 1204) / (1489 - 578)) < 0.01, 'to scale');
  });
});

test('a replay command is copied with one press', async () => {
  await open(browser, violated(), { permissions: ['clipboard-read', 'clipboard-write'] }, async (page) => {
    const command = page.locator('.command').filter({ hasText: REPLAY });
    await command.getByRole('button', { name: /^Copy the command/u }).click();
    await command.getByText('Copied').waitFor();
    assert.equal(await page.evaluate<string>('navigator.clipboard.readText()'), REPLAY);
  });
});

test('without scripts all is there but the copy buttons', async () => {
  await open(browser, violated(), { javaScriptEnabled: false }, async (page) => {
    assert.equal(await page.getByRole('button').count(), 0);
    assert.ok(await page.getByText(REPLAY).isVisible());
    assert.ok(await page.getByRole('img', { name: /^Timeline of/u }).isVisible());
    assert.ok(await page.getByRole('img', { name: /^Latency of/u }).isVisible());
  });
});

test('latencies are drawn by percentile and stand in a table', async () => {
  await open(browser, allHolds(), {}, async (page) => {
    const words = await page
      .getByRole('img', { name: /^Latency of redis by percentile/u })
      .locator('text')
      .allTextContents();
    for (const word of ['90 %', '99 %', '99.9 %', 'ms', 'percentile', 'acquire', 'hold', 'release', 'handover'])
      assert.ok(words.includes(word), word);
    const row = page.getByRole('row').filter({ has: page.getByRole('rowheader', { name: 'handover' }) });
    assert.deepEqual(await row.getByRole('cell').allInnerTexts(), ['2.11', '5.54', '15.4', '31.6', '54.2', '12,480']);
  });
});

test('several locks stand side by side; simulated time is not drawn beside real time', async () => {
  await open(browser, severalLocks(), {}, async (page) => {
    const overview = page.getByRole('region', { name: 'Overview of the locks' });
    assert.match(
      await overview.innerText(),
      /redlock\s+redis 8\.2\.1, 5 independent nodes, in containers\s+0\s+0\s+66\s+411/u,
    );
    const drawn = await page
      .getByRole('img', { name: /^Time to acquire of each lock/u })
      .locator('text')
      .allTextContents();
    assert.ok(drawn.includes('redlock') && !drawn.includes('etcd'));
    assert.match(await page.locator('.warning').innerText(), /^Simulated\. etcd: no real server took part/u);
    assert.match(
      await page.getByRole('region', { name: 'Thresholds' }).innerText(),
      /throughput rate>2000\s+1,243\s+✗ MISSED/u,
    );
  });
});

test('what was not tested, and what was seen where nothing is promised, is told with its reason', async () => {
  await open(browser, inconclusive(), {}, async (page) => {
    const rows = await page
      .getByRole('table', { name: /^Claims/u })
      .getByRole('rowheader')
      .allInnerTexts();
    assert.ok(rows.includes('clock-jump') && !rows.includes('server-crash'), 'a hazard that was not tried has no row');
    const text = await page.getByRole('main').innerText();
    assert.match(
      text,
      /clock-jump\s+the fault was applied 18 times and never took effect\. Counts towards the exit code\./u,
    );
    assert.match(text, /server-pause, server-crash, server-crash-volatile\s+not on the list of profile smoke\./u);
    assert.match(text, /no-lost-update under client-pause\s+paused 900 ms past a 600 ms lease: 3 updates lost/u);
    assert.match(await page.locator('.warning').innerText(), /^Too busy\./u);
  });
});

test('text is text, whatever it contains', async () => {
  const [lock] = hostile().locks;
  assert.ok(lock !== undefined);
  await open(browser, { ...hostile(), locks: [lock, lock] }, {}, async (page) => {
    assert.equal(await page.locator('img').count(), 0);
    assert.equal(
      await page.getByRole('heading', { level: 1 }).innerText(),
      `✗\n${HOSTILE.replace('\u0007', '\u{FFFD}')}`,
    );
    assert.equal(await page.locator('[onerror]').count(), 0);
  });
});
