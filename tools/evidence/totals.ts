/** The totals that were reached, in `docs/evidence.json`, and the page that shows them. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { ROOT } from '../modules.ts';
import type { Series } from './series.ts';

const STORE = join(ROOT, 'docs', 'evidence.json');
const PAGE = join(ROOT, 'docs', 'evidence.md');

const failureSchema = z.object({ first: z.number().int(), count: z.number().int(), said: z.string() });
const totalSchema = z.object({
  key: z.string(),
  done: z.number().int().nonnegative(),
  failures: z.array(failureSchema),
});
const storeSchema = z.record(z.string(), totalSchema);
export type Failure = z.infer<typeof failureSchema>;
export type Total = z.infer<typeof totalSchema>;

export class Totals {
  readonly #totals: Record<string, Total>;

  constructor() {
    this.#totals = existsSync(STORE) ? storeSchema.parse(JSON.parse(readFileSync(STORE, 'utf8'))) : {};
  }

  /** Counts anew where something has changed that can change the result. */
  of({ name }: Series, key: string): Total {
    const total = this.#totals[name];
    return total?.key === key ? total : { key, done: 0, failures: [] };
  }

  add(series: Series, key: string, count: number, failure: Failure | undefined): void {
    const { done, failures } = this.of(series, key);
    this.#totals[series.name] = {
      key,
      done: done + count,
      failures: failure === undefined ? failures : [...failures, failure],
    };
  }

  write(shown: readonly { readonly series: Series; readonly key: string }[]): void {
    const names = new Set(shown.map(({ series }) => series.name));
    const kept = Object.entries(this.#totals).filter(([name]) => names.has(name));
    writeFileSync(STORE, `${JSON.stringify(Object.fromEntries(kept.toSorted(byName)), null, 2)}\n`);
    writeFileSync(PAGE, pageOf(shown.map(({ series, key }) => ({ series, total: this.of(series, key) }))));
  }
}

const byName = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number => (a < b ? -1 : 1);

const number = new Intl.NumberFormat('en');

function pageOf(rows: readonly { readonly series: Series; readonly total: Total }[]): string {
  const lines = rows.map(({ series: { name, unit, target }, total: { done, failures, key } }) => {
    const missed = failures.reduce((sum, { count }) => sum + count, 0);
    const cells = [name, unit, number.format(done), number.format(target), missed === 0 ? '0' : number.format(missed)];
    return `| ${[...cells, `\`${key}\``].join(' | ')} |`;
  });
  const failed = rows.flatMap(({ series, total }) =>
    total.failures.map(({ first, said }) => `- ${series.name}, from ${first}: ${said}`),
  );
  return `# Evidence

The long counts behind what the README and these pages say. \`npm run evidence -- --time 10m\` counts on from here, wherever
least is done; nothing is counted twice. A total is kept under a hash of the files and packages that can change it: an edit
elsewhere leaves it standing, an edit there begins it anew. \`npm run evidence -- --list\` shows what stands now.

| series | unit | counted | of | failed | key |
| --- | --- | ---: | ---: | ---: | --- |
${lines.join('\n')}
${failed.length === 0 ? '' : `\n## What failed\n\n${failed.join('\n')}\n`}`;
}
