/** What may be wrong with a file: any part of a good one made into something else, or its text cut and bent. */
import assert from 'node:assert/strict';
import * as fc from 'fast-check';

/** A value where another is expected. */
const HOSTILE_VALUES: readonly unknown[] = [
  ...[null, true, false, 0, -1, 1, 1.5, 2 ** 31, 2 ** 53, -(2 ** 53), 1e300, -1e300, 5e-324],
  ...[
    '',
    ' ',
    'a\r\nb',
    '0',
    '-1',
    '1e999',
    '\0',
    '\u001B[2J',
    '\uD800',
    '__proto__',
    '../../etc/passwd',
    'constructor',
  ],
  ...['<script>alert(1)</script>', '`${1}`', 'x'.repeat(5000), '9'.repeat(5000)],
  ...[[], {}, [[]], [null], { '': null }, JSON.parse('{"__proto__":{"lease":"L0"}}')],
  ...['lock', 'invoke', 'ok', 'info', 'acquire', 'release', 'L0', 'worker-0', 'nemesis', 'start', 'end', 'resource'],
];

/** Nested far deeper than a stack is high. */
const DEEP = '[['.repeat(10_000) + ']]'.repeat(10_000);
const PLACE_OF_DEEP = 'nested without end';

interface Change {
  readonly place: number;
  readonly how: 'replace' | 'remove' | 'repeat' | 'nest';
  readonly value: unknown;
}

const change: fc.Arbitrary<Change> = fc.record({
  place: fc.nat(),
  how: fc.constantFrom('replace', 'replace', 'replace', 'remove', 'repeat', 'nest'),
  value: fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom(...HOSTILE_VALUES) },
    { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 2 }) },
    { weight: 1, arbitrary: fc.constant(PLACE_OF_DEEP) },
  ),
});

type Container = unknown[] | Record<string, unknown>;
const isContainer = (value: unknown): value is Container => typeof value === 'object' && value !== null;

/** Every part of a value, with what holds it. */
function placesOf(value: unknown): { readonly of: Container; readonly at: string }[] {
  if (!isContainer(value)) return [];
  return Object.entries(value).flatMap(([at, part]) => [{ of: value, at }, ...placesOf(part)]);
}

function apply(document: unknown, { place, how, value }: Change): void {
  const places = placesOf(document);
  const chosen = places[place % Math.max(1, places.length)];
  if (chosen === undefined) return;
  const { of, at } = chosen;
  const put = (part: unknown): void => {
    Object.defineProperty(of, at, { value: part, enumerable: true, configurable: true, writable: true });
  };
  const part = (of as Record<string, unknown>)[at];
  if (how === 'replace') put(structuredClone(value));
  else if (how === 'nest') put([part]);
  else if (Array.isArray(of)) of.splice(Number(at), how === 'remove' ? 1 : 0, ...(how === 'remove' ? [] : [part]));
  else if (how === 'remove') Reflect.deleteProperty(of, at);
  else of[`${at}2`] = part;
}

/** A good document with up to three parts of it changed, as text. */
export function changedDocuments(document: fc.Arbitrary<unknown>): fc.Arbitrary<string> {
  return fc.tuple(document, fc.array(change, { maxLength: 3 })).map(([good, changes]) => {
    const copy = structuredClone(good);
    for (const one of changes) apply(copy, one);
    return JSON.stringify(copy).replaceAll(`"${PLACE_OF_DEEP}"`, DEEP);
  });
}

/** A good text with a few bytes cut out, put in or bent. */
export function bentTexts(text: fc.Arbitrary<string>): fc.Arbitrary<Buffer> {
  const cut = fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    length: fc.nat(6),
    bytes: fc.uint8Array({ maxLength: 4 }),
  });
  return fc.tuple(text, fc.array(cut, { maxLength: 3 }), fc.boolean()).map(([good, cuts, ends]) => {
    let bytes = Buffer.from(good);
    for (const { at, length, bytes: put } of cuts) {
      const from = Math.floor(at * bytes.length);
      bytes = Buffer.concat([bytes.subarray(0, from), put, bytes.subarray(from + length)]);
    }
    return ends ? bytes : bytes.subarray(0, Math.floor(bytes.length * 0.9));
  });
}

const PATIENCE_MS = 2000;

/** Takes no longer than anybody would wait: processor time, so that a busy machine accuses nobody. */
export async function inTime<T>(work: () => Promise<T> | T): Promise<T> {
  const before = process.cpuUsage();
  const result = await work();
  const { user, system } = process.cpuUsage(before);
  assert.ok((user + system) / 1000 < PATIENCE_MS, `took ${Math.round((user + system) / 1000)} ms`);
  return result;
}

/** What a user is told: one line. */
export function assertOneLine(message: string): void {
  assert.ok(message !== '' && !/[\n\r]/.test(message), JSON.stringify(message.slice(0, 500)));
  assert.ok(message.length < 8000, `${message.length} characters: ${message.slice(0, 200)}`);
}
