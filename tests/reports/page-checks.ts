/** What is asked of a rendered page from within. The functions run in the browser, hence as text. */
import type { Page } from 'playwright-core';

/** Pixels by which the page is wider than its window. */
export async function overflowOf(page: Page): Promise<number> {
  return page.evaluate<number>('document.documentElement.scrollWidth - document.documentElement.clientWidth');
}

const FAINT_TEXTS = `(() => {
  const numbers = (color) => color.match(/[\\d.]+/g).map(Number);
  const linear = (value) => (value /= 255) <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  const luminance = ([red, green, blue]) => 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
  const paper = (element) => {
    for (let at = element; at !== null; at = at.parentElement) {
      const color = numbers(getComputedStyle(at).backgroundColor);
      if (color.length === 3 || color[3] === 1) return color;
    }
    return [255, 255, 255];
  };
  const faint = new Set();
  for (const element of document.querySelectorAll('body *')) {
    const text = [...element.childNodes].filter((node) => node.nodeType === 3).map((node) => node.data).join('').trim();
    if (text === '' || element.matches('script, style, title, [hidden], .fault-name.inside') || !element.checkVisibility()) continue;
    const style = getComputedStyle(element);
    const ink = numbers(element instanceof SVGElement ? style.fill : style.color);
    const [high, low] = [luminance(ink), luminance(paper(element))].toSorted((a, b) => b - a);
    const ratio = (high + 0.05) / (low + 0.05);
    if (ratio < 4.5) faint.add(element.tagName + '.' + element.getAttribute('class') + ' "' + text.slice(0, 30) + '" ' + ratio.toFixed(2));
  }
  return [...faint];
})()`;

/** Texts whose contrast with the paper behind them is below 4.5 : 1 (WCAG 2.2, AA). */
export async function faintTexts(page: Page): Promise<readonly string[]> {
  return page.evaluate<readonly string[]>(FAINT_TEXTS);
}

const CUT_TEXTS = `(() => {
  const cut = [];
  for (const svg of document.querySelectorAll('svg[role=img]')) {
    const frame = svg.getBoundingClientRect();
    for (const text of svg.querySelectorAll('text')) {
      const box = text.getBoundingClientRect();
      if (box.left < frame.left - 1 || box.right > frame.right + 1 || box.top < frame.top - 1 || box.bottom > frame.bottom + 1) cut.push(text.textContent);
    }
  }
  return cut;
})()`;

/** Texts of pictures that reach beyond their picture. */
export async function cutTexts(page: Page): Promise<readonly string[]> {
  return page.evaluate<readonly string[]>(CUT_TEXTS);
}

/** What the keyboard reaches, in order, by what a reader calls it, until it leaves the page. */
export async function tabStops(page: Page, most = 80): Promise<readonly string[]> {
  const stops: string[] = [];
  for (let index = 0; index < most; index += 1) {
    await page.keyboard.press('Tab');
    const stop = await page.evaluate<string>(
      `document.activeElement === document.body ? '' : document.activeElement.tagName.toLowerCase() + ' ' +
        (document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent.trim())`,
    );
    if (stop === '') break;
    stops.push(stop);
  }
  return stops;
}

/** The levels of the headings in the order of the page. */
export async function headingLevels(page: Page): Promise<readonly number[]> {
  return page.evaluate<readonly number[]>(
    `[...document.querySelectorAll('h1, h2, h3, h4, h5, h6')].map((heading) => Number(heading.tagName[1]))`,
  );
}

/** Ids that stand for more than one element, and links within the page that lead nowhere. */
export async function brokenIds(page: Page): Promise<readonly string[]> {
  return page.evaluate<readonly string[]>(`(() => {
    const ids = [...document.querySelectorAll('[id]')].map(({ id }) => id);
    const twice = ids.filter((id, index) => ids.indexOf(id) !== index);
    const targets = [...document.querySelectorAll('a[href]')].map((link) => link.getAttribute('href').slice(1));
    const references = [...document.documentElement.outerHTML.matchAll(/url\\(#([^)]*)\\)/g)].map(([, id]) => id);
    return [...twice, ...[...targets, ...references].filter((id) => !ids.includes(id))];
  })()`);
}
