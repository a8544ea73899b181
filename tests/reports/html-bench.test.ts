/** What a person reads in the page of a benchmark, and of a comparison. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { renderHtml } from '../../reports/html.ts';
import { round } from '../gates/load-fixture.ts';
import { benched, compared, saturated } from './bench-fixtures.ts';
import { launchChromium } from './chromium.ts';
import { open } from './open-report.ts';
import { cutTexts } from './page-checks.ts';

let browser: Browser;
before(async () => {
  browser = await launchChromium();
});
after(() => browser.close());

const textOf = (page: Page, region: string): Promise<string> =>
  page.getByRole('region', { name: region, exact: true }).innerText();
const textsIn = (page: Page, image: RegExp): Promise<string[]> =>
  page.getByRole('img', { name: image }).locator('text').allTextContents();

void describe('the page of a benchmark', () => {
  void test('says what was asked, what came of it, and what the measuring costs', async () => {
    await open(browser, benched(), {}, async (page) => {
      const text = await page.getByRole('main').innerText();
      for (const fact of [
        'closed loop, 10 clients in 5 workers, 1 key, hold 1 ms, warm-up 500 ms, preset documents',
        '33,930 cycles, 1,131 a second',
        '67,860 operations in 203,580 events, no violation',
        '31 acquire BACKEND_UNAVAILABLE, 5 release unknown',
        "0.987 by Jain's index (1: all clients got the same); longest wait 21.4 times the median",
        'clients 61 MiB, servers 8 MiB',
        '0.93 of the rate of a bare loop over the same client (60 pairs, one client in a process, recording on)',
      ])
        assert.ok(text.includes(fact), fact);
    });
  });

  void test('draws throughput and latency over time, and shades the fault where it was', async () => {
    await open(browser, benched(), { viewport: { width: 1200, height: 900 } }, async (page) => {
      const drawing = page.getByRole('img', { name: /^Throughput and time to acquire of redis-basic over time/u });
      const words = await drawing.locator('text').allTextContents();
      for (const word of ['server-pause', 'cycles/s', 'acquire, ms', 'p50', 'p99', 'seconds', '30'])
        assert.ok(words.includes(word), word);
      const frame = await drawing.boundingBox();
      const shade = await drawing.locator('polygon[fill="var(--fault)"]').first().boundingBox();
      assert.ok(frame !== null && shade !== null);
      // The plot is 832 of 1000 wide and begins at 76; the fault lasts from 12 to 15 of 30 seconds.
      const second = (frame.width * 0.832) / 30;
      assert.ok(Math.abs(shade.x - frame.x - frame.width * 0.076 - 12 * second) < 3);
      assert.ok(Math.abs(shade.width - 3 * second) < 3);
      assert.match(
        await textOf(page, 'Faults under load'),
        /server-pause\s+node 1\s+12\.0\s+15\.0\s+0 %\s+41 ms\s+1\.0 s/u,
      );
    });
  });

  void test('names the faults that have room, and has all of them in the table', async () => {
    const [lock] = benched().locks;
    assert.ok(lock?.load !== undefined);
    const [fault] = lock.load.faults;
    assert.ok(fault !== undefined);
    const at = [0, 1000, 12_000, 29_900];
    const faults = at.map((fromMs, index) => ({
      ...fault,
      id: `f${index}`,
      hazard: 'client-pause',
      fromMs,
      toMs: fromMs + 100,
    }));
    await open(browser, { ...benched(), locks: [{ ...lock, load: { ...lock.load, faults } }] }, {}, async (page) => {
      const words = await textsIn(page, /^Throughput and time to acquire/u);
      assert.equal(words.filter((word) => word === 'client-pause').length, 3);
      assert.deepEqual(await cutTexts(page), []);
      assert.equal((await textOf(page, 'Faults under load')).match(/client-pause/gu)?.length, 4);
    });
  });

  void test('shows the search for the capacity and the latency at shares of it', async () => {
    await open(browser, benched(), {}, async (page) => {
      assert.match(await textOf(page, 'Steps of the search for the capacity'), /1,600\s+1,490\s+812\s+✗ fell behind/u);
      assert.match(
        await textOf(page, 'Latency at shares of the capacity'),
        /80 %\s+1,184\s+1\.40\s+2\.80\s+7\.00\s+28\.0/u,
      );
      assert.ok((await textsIn(page, /^Latency of redis-basic by percentile/u)).includes('99.99 %'));
    });
  });

  void test('judges the thresholds in words, also what could not be judged', async () => {
    await open(browser, benched(), {}, async (page) => {
      const thresholds = await textOf(page, 'Thresholds');
      assert.match(thresholds, /acquire p\(99\)<50\s+7\.6\s+✓ met/u);
      assert.match(thresholds, /throughput rate>2000\s+1,131\s+✗ MISSED/u);
      assert.match(thresholds, /try p\(99\)<5\s+\? inconclusive no samples/u);
    });
    await open(browser, saturated(), {}, async (page) => {
      assert.match(await textOf(page, 'Thresholds'), /\? inconclusive saturated: more was offered than it can do/u);
      const warnings = await page.locator('.warning').allInnerTexts();
      for (const warning of [
        /^A violation under load/u,
        /^Saturated/u,
        /^1,311 of 20,000 arrivals/u,
        /^Oversold: 1,042/u,
      ])
        assert.ok(
          warnings.some((text) => warning.test(text)),
          String(warning),
        );
    });
  });

  void test('keeps the rounds and the expectations at hand', async () => {
    await open(browser, benched(), {}, async (page) => {
      assert.match(await textOf(page, 'Expected and measured'), /acquire p99\s+15 ms\s+9\.8 ms\s+✓ met\s+001/u);
      await page.getByText('The 3 rounds').click();
      assert.match(await textOf(page, 'Rounds'), /1\s+1,131\s+7\.07\s+28\.3\s+63\.7\s+0/u);
    });
  });
});

void test('a page of thirty locks with the longest series stays small', () => {
  const base = benched();
  const [lock] = base.locks;
  assert.ok(lock?.load !== undefined);
  const [point] = lock.load.series;
  assert.ok(point !== undefined);
  const series = Array.from({ length: 120 }, (_, index) => ({ ...point, atMs: index * 60_000 }));
  const rounds = Array.from({ length: 32 }, (_, index) => round(index, 1000));
  const long = { ...lock, load: { ...lock.load, series, rounds } };
  const bytes = Buffer.byteLength(renderHtml({ ...base, locks: Array.from({ length: 30 }, () => long) }));
  assert.ok(bytes < 5_000_000, String(bytes));
});

void describe('the page of a comparison', () => {
  const locksOf = (page: Page): Promise<string[]> =>
    page.getByRole('region', { name: 'Cost of the locks' }).getByRole('rowheader').getByRole('link').allInnerTexts();
  const BY_RANK = [
    'redis-basic (baseline)',
    'redis-fair',
    'redis-basic',
    'redlock',
    'etcd',
    'zookeeper',
    'sql-table-postgres',
    'none',
  ];

  void test('ranks the locks, and says why one has no rank', async () => {
    await open(browser, compared(), {}, async (page) => {
      assert.deepEqual(await locksOf(page), BY_RANK);
      const costs = await textOf(page, 'Cost of the locks');
      assert.match(costs, /redlock\s+redis 7\.0, 5 independent nodes, native processes\s+4\s+900\s+887 to 911/u);
      assert.match(
        costs,
        /none\s+memory 7\.0, single, native processes\s+–\s+no rank: it breaks its claim on exclusion/u,
      );
    });
  });

  void test('sorts by any column, by mouse and by keyboard, and says how it is sorted', async () => {
    await open(browser, compared(), {}, async (page) => {
      const table = page.getByRole('region', { name: 'Cost of the locks' });
      const heading = table.getByRole('columnheader', { name: /^throughput/u });
      await heading.getByRole('button').click();
      assert.equal(await heading.getAttribute('aria-sort'), 'ascending');
      assert.deepEqual((await locksOf(page)).slice(0, 2), ['sql-table-postgres', 'zookeeper']);
      await heading.getByRole('button').press('Enter');
      assert.equal(await heading.getAttribute('aria-sort'), 'descending');
      assert.equal((await locksOf(page))[0], 'none');
      const rank = table.getByRole('columnheader', { name: 'rank' });
      for (const way of ['ascending', 'descending']) {
        await rank.getByRole('button').press('Space');
        assert.equal(await rank.getAttribute('aria-sort'), way);
        assert.equal((await locksOf(page)).at(-1), 'none', 'without a rank it is last, whichever way');
      }
      assert.equal(await heading.getAttribute('aria-sort'), null);
    });
  });

  void test('is whole without scripts', async () => {
    await open(browser, compared(), { javaScriptEnabled: false }, async (page) => {
      assert.equal(await page.getByRole('button').count(), 0);
      assert.deepEqual(await locksOf(page), BY_RANK);
    });
  });

  void test('shows what changed against the baseline, how much, and how sure that is', async () => {
    await open(browser, compared(), {}, async (page) => {
      assert.match(
        await page.getByRole('heading', { level: 1 }).innerText(),
        /Slower than the baseline redis-basic at v1/u,
      );
      assert.match(
        await textOf(page, 'Changes against the baseline'),
        /redis-basic\s+throughput\s+2,400\s+1,900\s+20\.8 % worse \(\+20\.8 % to \+20\.8 %\)\s+96\.9 %\s+✗ REGRESSED/u,
      );
      assert.match(await page.getByRole('main').innerText(), /failure from 10 % worse, if the whole interval/u);
    });
  });

  void test('puts guarantees beside cost, and says which lock when', async () => {
    await open(browser, compared(), {}, async (page) => {
      const guarantees = page.getByRole('region', { name: 'Guarantees of the locks' });
      const row = (name: string) =>
        guarantees.getByRole('row').filter({ has: page.getByRole('rowheader', { name, exact: true }) });
      const cells = await row('etcd').getByRole('cell').allInnerTexts();
      assert.match(cells[0] ?? '', /✓\s+0 of 12 broke it/u);
      assert.match(cells[3] ?? '', /✓\s+its word/u);
      assert.match((await row('none').getByRole('cell').allInnerTexts())[0] ?? '', /✗\s+BROKEN in 12 tries/u);
      const guide = await textOf(page, 'Which lock when');
      assert.match(guide, /It must survive the loss of a server\s+redlock\s+900 cycles\/s; 2 more would do/u);
      assert.match(await page.getByRole('main').innerText(), /Wilcoxon's signed ranks/u);
    });
  });
});
