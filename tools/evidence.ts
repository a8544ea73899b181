/**
 * `npm run evidence`: counts on, for as long as it is given, and keeps the totals in docs/evidence.md.
 *
 * `--time 10m` how long; `--only TEXT` only series whose name contains it; `--list` shows the totals and counts nothing.
 */
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { parseArgs } from 'node:util';
import { OWN_FLAGS } from '../harness/base/own-module.ts';
import { Keys } from './evidence/key.ts';
import { SERIES, type Series } from './evidence/series.ts';
import { Totals, type Failure } from './evidence/totals.ts';
import { ROOT } from './modules.ts';

const MS = { s: 1000, m: 60_000, h: 3_600_000 } as const;
/** What a failure said last. */
const SAID_CHARACTERS = 400;

function timeOf(given: string): number {
  const [, amount, unit] = /^(\d+)([smh])$/.exec(given) ?? [];
  if (amount === undefined || unit === undefined)
    throw new Error(`--time ${given}: a number and s, m or h, such as 10m`);
  return Number(amount) * MS[unit as keyof typeof MS];
}

/** Runs one slice. @returns what failed, if anything did */
async function run(series: Series, first: number, units: number, signal: AbortSignal): Promise<Failure | undefined> {
  const { args, env } = series.slice(first, units);
  const child = spawn(process.execPath, [...OWN_FLAGS, ...args], {
    ...{
      cwd: ROOT,
      env: { ...process.env, NO_COLOR: '1', CI: 'true', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      signal,
    },
  });
  const ended = new Promise<number>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? 1));
  });
  const [out, err, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  if (code === 0) return undefined;
  // One slice of several units: which of them it was, what it said tells.
  const said = `${out}${err}`.replaceAll(/\s+/g, ' ').trim().slice(-SAID_CHARACTERS);
  return { first, count: units, said: `exit ${code}: ${said}` };
}

const { values } = parseArgs({
  options: {
    time: { type: 'string', default: '10m' },
    only: { type: 'string' },
    list: { type: 'boolean', default: false },
  },
});
const keys = await Keys.read();
const totals = new Totals();
const all = SERIES.map((series) => ({ series, key: keys.of(series) }));
const wanted = all.filter(({ series }) => values.only === undefined || series.name.includes(values.only));
if (wanted.length === 0) throw new Error(`no series has "${values.only}" in its name`);
const endsAt = performance.now() + (values.list ? 0 : timeOf(values.time));
const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());

let failed = 0;
while (performance.now() < endsAt && !stop.signal.aborted) {
  const share = ({ series, key }: (typeof all)[number]): number => totals.of(series, key).done / series.target;
  const [least] = wanted.filter((one) => share(one) < 1).toSorted((a, b) => share(a) - share(b));
  if (least === undefined) break;
  const { series, key } = least;
  const first = totals.of(series, key).done;
  const units = Math.min(series.step, series.target - first);
  const began = performance.now();
  const failure = await run(series, first, units, stop.signal).catch((error: unknown) => {
    if (stop.signal.aborted) return stop;
    throw error;
  });
  // What was cut off is counted another time.
  if (failure === stop) break;
  totals.add(series, key, units, failure as Failure | undefined);
  totals.write(all);
  const seconds = ((performance.now() - began) / 1000).toFixed(0);
  process.stdout.write(
    `${series.name}: ${first + units} of ${series.target} ${series.unit} (${seconds} s)${failure === undefined ? '' : '  FAILED'}\n`,
  );
  if (failure !== undefined && series.mayFail === undefined) failed++;
}
totals.write(all);
for (const { series, key } of values.list ? wanted : []) {
  const { done, failures } = totals.of(series, key);
  process.stdout.write(`${series.name}: ${done} of ${series.target} ${series.unit}, ${failures.length} failed\n`);
}
process.exitCode = failed === 0 ? 0 : 1;
