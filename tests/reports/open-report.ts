import assert from 'node:assert/strict';
import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import type { Report } from '../../harness/report/report.ts';
import { renderHtml } from '../../reports/html.ts';

/** Opens the report from a file, as a reader would, and fails on anything in the console or on the network. */
export async function open(
  browser: Browser,
  report: Report,
  options: BrowserContextOptions,
  read: (page: Page) => Promise<void>,
): Promise<void> {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'holdfast-html-'));
  const path = join(folder.path, 'report.html');
  await writeFile(path, renderHtml(report));
  const context = await browser.newContext(options);
  try {
    const page = await context.newPage();
    const complaints: string[] = [];
    const requests: string[] = [];
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('request', (request) => requests.push(request.url()));
    await page.goto(pathToFileURL(path).href);
    await read(page);
    assert.deepEqual(complaints, [], 'the console is silent');
    assert.deepEqual(requests, [pathToFileURL(path).href], 'nothing is fetched');
  } finally {
    await context.close();
  }
}
