/** Writes `docs/published-locks.md` from reports, such as that of `verify --published`: npm run published -- RUN… */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { isPromise } from '../implementations/claims.ts';
import { readReport } from '../harness/commands/read-report.ts';
import type { Cell, LockReport, Report } from '../harness/report/report.ts';
import { escape, markdownTable } from '../reports/markdown-text.ts';
import { ROOT } from './modules.ts';

const FINDINGS = join(ROOT, 'docs', 'findings');

/** Kept plans, by the lock that they are of. */
const findings = Map.groupBy(
  readdirSync(FINDINGS).map((file) => {
    const { lock, hazards } = JSON.parse(readFileSync(join(FINDINGS, file), 'utf8')) as {
      readonly lock: string;
      readonly hazards: readonly string[];
    };
    return { file, lock, hazards };
  }),
  ({ lock }) => lock,
);

const under = ({ hazard }: Cell): string => (hazard === 'none' ? 'without faults' : hazard);

/** `exclusion (latency, client-crash); deadlock-freedom (without faults)`. */
function listed(cells: readonly Cell[]): string {
  const properties = Map.groupBy(cells, ({ property }) => property);
  return [...properties].map(([property, of]) => `${property} (${of.map(under).join(', ')})`).join('; ');
}

function claimsOf({ cells }: LockReport): string {
  const promised = Map.groupBy(
    cells.filter(({ claim }) => isPromise(claim)),
    ({ property }) => property,
  );
  if (promised.size === 0) return 'no moment at which a lease ends: described';
  return [...promised.keys()]
    .map((property) => {
      const not = cells.filter((cell) => cell.property === property && cell.claim === 'not-promised').map(under);
      return not.length === 0 ? property : `${property}, but not under ${not.join(', ')}`;
    })
    .join('; ');
}

function shownBy({ name, cells }: LockReport, seed: number): string {
  const kept = (findings.get(name) ?? []).map(({ file }) => `[${file}](findings/${file})`);
  const hazards = [...new Set(cells.filter(({ verdict }) => verdict === 'violated').map(({ hazard }) => hazard))];
  const about = hazards.length === 0 ? '' : ` --hazard ${hazards.join(',')}`;
  return [...kept, `\`verify --impl ${name}${about} --seed ${seed}\``].join('<br>');
}

function row(lock: LockReport, seed: number): string[] {
  const of = (verdict: Cell['verdict'], promised?: boolean): readonly Cell[] =>
    lock.cells.filter(
      (cell) => cell.verdict === verdict && (promised === undefined || isPromise(cell.claim) === promised),
    );
  const broken = [
    listed(of('violated', true)),
    ...(lock.breaches ?? []).map(({ message }) => message.split(' (at ')[0] ?? message),
  ];
  const { version = 'of this machine', language = '' } = lock.library ?? {};
  return [
    escape(lock.name),
    escape([version, language].filter((one) => one !== '').join(', ')),
    escape(claimsOf(lock)),
    escape(listed(of('holds'))),
    escape(broken.filter((one) => one !== '').join('; ')) || '–',
    escape(listed(of('violated', false))) || '–',
    shownBy(lock, seed),
  ];
}

function pageOf({ locks, leftOut = [], profile, seed, startedAt, machine }: Report): string {
  const rows = locks.map((lock) => row(lock, seed));
  const head = [
    'lock',
    'version',
    'claims of its documentation',
    'held',
    'broke',
    'not promised, and broke',
    'shown by',
  ];
  const out = leftOut.map(({ name, reason }) => `- ${escape(`${name}: ${reason}`)}`);
  return `# Published locks

Made by \`npm run published\` from runs of \`verify --published --profile ${profile} --seed ${seed}\` on real servers
(${startedAt.slice(0, 10)}, ${machine.cores} processors, Node ${machine.node}). What is in no column was not exercised in it, or
could not be judged: it says nothing of the lock. "Held" is what no try of these runs, bounded to seconds a lock, has broken. A break of a claim is told in
[findings](findings.md) where it was confirmed by running its plan again; a command with \`npm run\` before it runs the same hazards
once more, and on real servers the timing is the machine's.

A library that names a length and no moment leaves it to its users from when the length counts. Here they count from the return of the
call, which is later than the server counts from: whoever uses such a lock to the last moment overlaps with the next holder by as long as the answer
took. What such a row ("described") has broken without faults is that, and no promise of the library's.

${markdownTable([head, ...rows])}
${out.length === 0 ? '' : `\n## Not run\n\n${out.join('\n')}\n`}`;
}

const runs = process.argv.slice(2);
const [first, ...others] = (runs.length === 0 ? ['runs/latest'] : runs).map(readReport);
if (first === undefined) throw new Error('no run');
const locks = [...first.locks, ...others.flatMap((report) => report.locks)];
// Of the first, what a later one has made up for.
const leftOut = (first.leftOut ?? []).filter(({ name }) => !locks.some((lock) => lock.name === name));
const page = pageOf({ ...first, locks, leftOut });
const path = join(ROOT, 'docs', 'published-locks.md');
writeFileSync(path, await format(page, { ...(await resolveConfig(path)), filepath: path }));
