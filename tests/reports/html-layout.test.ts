/** How the page looks and handles: legible, within its window, in order, by keyboard and on paper. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { benched, compared, saturated } from './bench-fixtures.ts';
import { launchChromium } from './chromium.ts';
import { allHolds, baseline, inconclusive, severalLocks, violated } from './fixtures.ts';
import { hostile } from './hostile.ts';
import { open } from './open-report.ts';
import { brokenIds, cutTexts, faintTexts, headingLevels, overflowOf, tabStops } from './page-checks.ts';

let browser: Browser;
before(async () => {
  browser = await launchChromium();
});
after(() => browser.close());

for (const make of [allHolds, baseline, violated, inconclusive, severalLocks, benched, saturated, compared, hostile]) {
  test(`${make.name}: legible in both schemes, as wide as its window, one outline, ids of its own`, async () => {
    await open(browser, make(), {}, async (page) => {
      const levels = await headingLevels(page);
      assert.equal(levels.filter((level) => level === 1).length, 1);
      levels.forEach((level, index) => {
        assert.ok(level <= (levels[index - 1] ?? 0) + 1, `no level is left out: ${levels.join(' ')}`);
      });
      assert.deepEqual(await brokenIds(page), []);

      for (const summary of await page.locator('summary').all()) await summary.click();
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        assert.deepEqual(await faintTexts(page), [], colorScheme);
      }
      for (const width of [360, 768, 1200]) {
        await page.setViewportSize({ width, height: 800 });
        assert.equal(await overflowOf(page), 0, `${width} px`);
        assert.deepEqual(await cutTexts(page), []);
      }
    });
  });
}

test('the dark page is dark, drawings included', async () => {
  await open(browser, violated(), { colorScheme: 'dark' }, async (page) => {
    const color = (selector: string, property: string) =>
      page.evaluate<string>(`getComputedStyle(document.querySelector('${selector}')).${property}`);
    assert.equal(await color('body', 'backgroundColor'), 'rgb(20, 23, 26)');
    assert.equal(await color('.holding.witness .bar', 'fill'), 'rgb(111, 171, 242)');
    assert.equal(await color('svg.curve text', 'fill'), 'rgb(162, 171, 181)');
  });
});

test('everything that acts is reached by the keyboard, in the order of the page', async () => {
  await open(browser, violated(), {}, async (page) => {
    const stops = await tabStops(page);
    assert.equal(stops[0], 'a Skip to the results');
    const wanted = [
      'summary The timeline as a table',
      'button Copy the command: Replay it',
      'summary The events that prove it',
      'a ✗ VIOLATED',
      'button Copy the command: Command',
    ];
    let from = 0;
    for (const stop of wanted) {
      const at = stops.indexOf(stop, from);
      assert.ok(at >= from, `${stop} in ${stops.join('; ')}`);
      from = at + 1;
    }
  });
  await open(browser, violated(), {}, async (page) => {
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    assert.equal(await page.evaluate<string>('document.activeElement.id'), 'main');
    await page.getByText('The timeline as a table').first().focus();
    await page.keyboard.press('Enter');
    assert.ok(await page.getByText('holds lease k3').first().isVisible());
  });
});

test('on paper it is light, whole and without buttons', async () => {
  await open(browser, violated(), { colorScheme: 'light', viewport: { width: 690, height: 1000 } }, async (page) => {
    await page.emulateMedia({ media: 'print' });
    assert.equal(await page.getByRole('button').count(), 0);
    assert.equal(await overflowOf(page), 0);
    assert.deepEqual(await cutTexts(page), []);
    const pdf = await page.pdf({ format: 'A4' });
    assert.equal(pdf.subarray(0, 5).toString(), '%PDF-');
  });
});

for (const make of [benched, compared]) {
  test(`${make.name}: on paper everything stays within the page`, async () => {
    await open(browser, make(), { colorScheme: 'light', viewport: { width: 690, height: 1000 } }, async (page) => {
      await page.emulateMedia({ media: 'print' });
      assert.equal(await overflowOf(page), 0);
      assert.deepEqual(await cutTexts(page), []);
    });
  });
}
