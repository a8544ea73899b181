/** No history, however wrong, does more than be refused; and what changes nothing of its meaning changes no verdict. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { checkFile } from '../../harness/check/check.ts';
import { MODELS, type Model } from '../../harness/check/verdict.ts';
import { check } from '../../harness/cli/check.ts';
import type { HistoryEvent, HistoryHeader } from '../../harness/history/events.ts';
import { stories } from '../../harness/testing/stories.ts';
import { eventsOf } from '../../harness/testing/story-events.ts';
import { draws } from '../effort.ts';
import { assertOneLine, bentTexts, changedDocuments, inTime } from './mutations.ts';

let folder = '';
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-fuzz-'));
});
after(() => rmSync(folder, { recursive: true }));

function fileOf(bytes: string | Uint8Array): string {
  const path = join(folder, 'history');
  writeFileSync(path, bytes);
  return path;
}

interface Told {
  readonly model: Model;
  readonly header: Partial<HistoryHeader>;
  readonly events: readonly HistoryEvent[];
}

const leases = stories({ fences: true, modes: true, deadlines: true }).map((story) => eventsOf(story));

/** Calls of a few processes, each on one of two keys, with answers that may be right. */
function calls(fs: readonly string[], value: fc.Arbitrary<unknown>): fc.Arbitrary<HistoryEvent[]> {
  const call = fc.record({
    ...{ process: fc.nat(2), f: fc.constantFrom(...fs), key: fc.constantFrom('a', 'b'), input: value, output: value },
    ...{ wait: fc.nat(2), length: fc.nat(4), type: fc.constantFrom('ok', 'ok', 'ok', 'fail', 'info' as const) },
    swapped: fc.boolean(),
  });
  return fc.array(call, { maxLength: 8 }).map((all) => {
    const free = new Map<number, number>();
    return all.flatMap(({ process, f, key, input, output, wait, length, type, swapped }): HistoryEvent[] => {
      const time = (free.get(process) ?? 0) + wait;
      free.set(process, time + length + 1);
      const asked = f === 'cas' ? [input, output] : f === 'read' || f === 'get' ? null : input;
      const answered =
        f === 'cas' ? { value: asked, swapped } : { value: f === 'write' || f === 'put' ? input : output };
      return [
        { type: 'invoke', process, f, key, value: asked, time },
        { type, process, f, key, ...(type === 'ok' ? answered : { value: asked }), time: time + length },
      ];
    });
  });
}

const eventsFor: Readonly<Record<Model, fc.Arbitrary<readonly HistoryEvent[]>>> = {
  ...{ lock: leases, belief: leases, resource: leases, notice: leases, liveness: leases, fairness: leases },
  ...{ handover: leases, responsiveness: leases, reentrancy: leases, sharing: leases, semaphore: leases },
  mutex: calls(['acquire', 'release'], fc.constant(null)),
  counter: calls(['increment', 'read'], fc.nat(4)),
  register: calls(
    ['read', 'write', 'cas'],
    fc.constantFrom<unknown>(null, 1, 'x', [1], { a: 1, b: 2 }, { b: 2, a: 1 }),
  ),
  kv: calls(['get', 'put', 'append'], fc.constantFrom('', 'x', 'y', 'xy')),
};

const header: fc.Arbitrary<Partial<HistoryHeader>> = fc.record(
  {
    ...{ permits: fc.integer({ min: 1, max: 3 }), recoverNs: fc.nat(20), bypass: fc.nat(2), allowanceNs: fc.nat(9) },
    ...{ handoverNs: fc.nat(9), settleNs: fc.nat(9) },
  },
  { requiredKeys: ['permits'] },
);
const told: fc.Arbitrary<Told> = fc
  .constantFrom(...MODELS)
  .chain((model) => fc.record({ model: fc.constant(model), header, events: eventsFor[model] }));

const headerOf = ({ header: own, model }: Told): object => ({ holdfast: 'history', version: 1, model, ...own });
const linesOf = (history: Told, eol = '\n'): string =>
  [headerOf(history), ...history.events].map((line) => `${JSON.stringify(line)}${eol}`).join('');

/** As `holdfast check` answers it: a verdict, or a line for each file that cannot be read. */
async function survives(path: string, model: Model): Promise<void> {
  const [out, err]: string[][] = [[], []];
  const good = { out: (line: string) => out?.push(line), err: (line: string) => err?.push(line) };
  const code = await inTime(() => check({ files: [path], model, json: true }, good));
  assert.ok([0, 1, 2, 4].includes(code), `exit code ${code}`);
  for (const line of err ?? []) assertOneLine(line);
  assert.equal(out?.length, code === 2 ? 0 : 1);
  const valid: unknown = out?.[0] === undefined ? undefined : (JSON.parse(out[0]) as { valid: unknown }).valid;
  assert.equal(code, valid === undefined ? 2 : valid === 'unknown' ? 4 : valid === true ? 0 : 1);
}

void suite('a history that is wrong', () => {
  void test('in some of its parts is judged or refused in one line', async () => {
    const changed = told.chain((history) =>
      changedDocuments(fc.constant([headerOf(history), ...history.events])).chain((text) =>
        fc.record({
          text: fc.constant(text),
          model: fc.constant(history.model),
          form: fc.constantFrom('array', 'lines', 'headless'),
        }),
      ),
    );
    await fc.assert(
      fc.asyncProperty(changed, async ({ text, model, form }) => {
        // Lines, where no part is nested too deep to be taken apart again.
        const parts: unknown[] = form === 'array' || text.length > 20_000 ? [] : (JSON.parse(text) as unknown[]);
        const lines = parts.slice(form === 'headless' ? 1 : 0).map((line) => `${JSON.stringify(line)}\n`);
        await survives(fileOf(lines.length === 0 ? text : lines.join('')), model);
      }),
      draws(200),
    );
  });

  void test('in some of its bytes is judged or refused in one line, packed or not', async () => {
    const bent = told.chain((history) =>
      fc.record({
        bytes: bentTexts(fc.constant(linesOf(history))),
        model: fc.constant(history.model),
        pack: fc.nat(3),
      }),
    );
    await fc.assert(
      fc.asyncProperty(bent, async ({ bytes, model, pack }) => {
        await survives(fileOf(pack === 0 ? gzipSync(bytes) : bytes), model);
      }),
      draws(200),
    );
  });

  void test('in its EDN is judged or refused in one line', async () => {
    const edn = calls(['read', 'write'], fc.nat(3)).map((events) => events.map((event) => ednOf(event)).join('\n'));
    await fc.assert(
      fc.asyncProperty(bentTexts(edn), (bytes) => survives(fileOf(bytes), 'register')),
      draws(200),
    );
  });
});

/** A value as Clojure prints it. */
function ednOf(value: unknown, name?: string): string {
  if (Array.isArray(value)) return `[${value.map((part) => ednOf(part)).join(' ')}]`;
  if (typeof value === 'object' && value !== null)
    return `{${Object.entries(value)
      .map(([key, part]) => `:${key} ${ednOf(part, key)}`)
      .join(', ')}}`;
  if (typeof value === 'string' && (name === 'type' || name === 'f')) return `:${value}`;
  return value === null || value === undefined ? 'nil' : JSON.stringify(value);
}

/** What may not change. */
async function meaning(bytes: string | Uint8Array, model: Model, shift = 0): Promise<unknown> {
  const { verdict } = await checkFile(fileOf(bytes), model);
  const { valid, operations, findings, counts } = verdict;
  return {
    ...{ valid, operations, counts },
    findings: findings.map(({ kind, property, at, cause }) => `${kind} ${property} ${at - shift} ${cause}`).toSorted(),
  };
}

/** Other names for leases, owners, keys and processes, other fields' order, another beginning of time. */
function renamed(event: HistoryEvent, shift: number): object {
  const process =
    typeof event.process === 'number'
      ? event.process + 1000
      : event.process.replace(/\d+$/, (n) => String(Number(n) + 1000));
  const value = event.value;
  const isLease = typeof value === 'object' && value !== null && ('lease' in value || 'target' in value);
  return {
    ...{ time: (event.time ?? 0) + shift, value: isLease ? renamedValue(value, shift) : value },
    ...(event.key === undefined ? {} : { key: `another ${event.key}` }),
    ...{ f: event.f, process, type: event.type },
    ...('swapped' in event ? { swapped: event.swapped } : {}),
    unknown: [event.f],
  };
}

function renamedValue(value: object, shift: number): object {
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([name, part]: [string, unknown]): [string, unknown] => {
        if (name === 'lease' || name === 'owner' || name === 'fault') return [name, `another ${String(part)}`];
        if (name === 'deadline' || name === 'due') return [name, Number(part) + shift];
        if (name === 'target') return [name, { worker: (part as { worker: number }).worker + 1000 }];
        return [name, part];
      }),
  );
}

void suite('a verdict does not change', () => {
  const same = (title: string, change: (history: Told) => fc.Arbitrary<string | Uint8Array>, shift = 0): void => {
    void test(title, async () => {
      await fc.assert(
        fc.asyncProperty(
          told.chain((history) => fc.tuple(fc.constant(history), change(history))),
          async ([history, changed]) => {
            const expected = await meaning(linesOf(history), history.model);
            assert.deepEqual(await meaning(changed, history.model, shift), expected);
          },
        ),
        draws(200),
      );
    });
  };
  const constant = fc.constant<string | Uint8Array>;
  same('with the order of lines', (history) =>
    fc
      .shuffledSubarray([...history.events], { minLength: history.events.length })
      .map((events) => linesOf({ ...history, events })),
  );
  same('with the ends of lines', (history) => constant(linesOf(history, '\r\n')));
  same('with a byte order mark', (history) => constant(`\uFEFF${linesOf(history)}`));
  same('when the file is packed', (history) => constant(gzipSync(linesOf(history))));
  same('when it is one array', (history) => constant(JSON.stringify([headerOf(history), ...history.events])));
  same('when it is EDN', (history) =>
    constant(`${ednOf(headerOf(history))}\n${history.events.map((event) => ednOf(event)).join('\n')}`),
  );
  same(
    'with the names of leases, keys, owners and processes, the order of fields and the beginning of time',
    (history) =>
      constant(linesOf({ ...history, events: history.events.map((event) => renamed(event, 1000) as HistoryEvent) })),
    1000,
  );
});
