/**
 * How fast histories are checked: `npm run bench:check [-- OPERATIONS…]`.
 *
 * For each size a history of one lock on one key is written (an acquire and a release per lease, deadlines and tokens),
 * then in a process of its own read and judged. Beside it a bare `JSON.parse` of every line: the floor for any reader of
 * this format. Single readings; run it on a quiet machine.
 */
import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkLock } from '../harness/check/lock.ts';
import { readLockHistory } from '../harness/check/lock-history.ts';
import type { HistoryEvent, HistoryHeader } from '../harness/history/events.ts';
import { forEachLine } from '../harness/history/lines.ts';

const DEFAULT_SIZES = [10_000, 100_000, 1_000_000];
const CLIENTS = 8;

function writeHistory(path: string, operations: number): void {
  const file = openSync(path, 'w');
  let text = '';
  const write = (line: HistoryHeader | HistoryEvent): void => {
    text += `${JSON.stringify(line)}\n`;
    if (text.length < 1 << 20) return;
    writeSync(file, text);
    text = '';
  };
  write({ holdfast: 'history', version: 1, run: 'bench', model: 'lock', clients: CLIENTS, workers: CLIENTS });
  let index = 0;
  let time = 0;
  for (let grant = 0; grant < operations / 2; grant += 1) {
    const process = grant % CLIENTS;
    const lease = `c${process}.0.${grant}`;
    const event = (type: HistoryEvent['type'], f: string, value: object): void => {
      time += 100_000 + ((grant * 7919) % 99_991);
      write({ index, type, process, f, key: 'orders', value: { lease, ...value }, time });
      index += 1;
    };
    event('invoke', 'acquire', {});
    event('ok', 'acquire', { fence: String(grant + 1), deadline: time + 600_000_000 });
    event('invoke', 'release', {});
    event('ok', 'release', { outcome: 'released' });
  }
  writeSync(file, text);
  closeSync(file);
}

async function timed<T>(work: () => Promise<T> | T): Promise<{ readonly ms: number; readonly result: T }> {
  const startedAt = performance.now();
  const result = await work();
  return { ms: performance.now() - startedAt, result };
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`;

/** In a process of its own, so that its peak of memory is its own too. */
async function measure(path: string, parseMs: number): Promise<void> {
  const read = await timed(() => readLockHistory(path));
  const judged = await timed(() => checkLock(read.result));
  const { operations, valid } = judged.result;
  const total = read.ms + judged.ms;
  const peakMb = process.resourceUsage().maxRSS / 1024;
  console.log(
    [
      `${operations.toLocaleString('en')} operations (${(statSync(path).size / 1e6).toFixed(0)} MB)`,
      `read ${seconds(read.ms)}`,
      `check ${seconds(judged.ms)}`,
      `file to verdict ${seconds(total)} = ${(total / parseMs).toFixed(2)} × bare JSON.parse (${seconds(parseMs)})`,
      `peak ${peakMb.toFixed(0)} MB`,
      `valid: ${String(valid)}`,
    ].join(', '),
  );
}

async function parseOnly(path: string): Promise<number> {
  const { ms } = await timed(() => forEachLine(path, (line) => void JSON.parse(line)));
  return ms;
}

const [task, ...args] = process.argv.slice(2);
if (task === '--measure') {
  await measure(args[0] ?? '', Number(args[1]));
} else {
  const sizes = [task, ...args].flatMap((size) => (size === undefined ? [] : [Number(size)]));
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-bench-'));
  try {
    for (const operations of sizes.length > 0 ? sizes : DEFAULT_SIZES) {
      const path = join(folder, 'history.ndjson');
      writeHistory(path, operations);
      const parseMs = await parseOnly(path);
      const child = [import.meta.filename, '--measure', path, String(parseMs)];
      spawnSync(process.execPath, child, { stdio: 'inherit' });
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}
