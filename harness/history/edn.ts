/**
 * EDN, the notation of Clojure, in which Jepsen writes its histories (https://github.com/edn-format/edn). A keyword, a
 * symbol and a character are read as the string of their name, a set as an array in a fixed order, a tag is passed over.
 * Numbers are as in JSON: those that a double does not hold are refused where they are compared.
 */
import { canonicalText, MAX_DEPTH, tooDeep } from '../base/json.ts';
import { HistoryError } from './errors.ts';

export interface EdnForm {
  readonly value: unknown;
  /** Where it begins, from 1. */
  readonly line: number;
}

/** All forms of a text, one after another. @throws HistoryError that names the line */
export function parseEdn(text: string): EdnForm[] {
  const reader = new EdnReader(text);
  const forms: EdnForm[] = [];
  for (let form = reader.next(); form !== undefined; form = reader.next()) forms.push(form);
  return forms;
}

const CLOSING = { '(': ')', '[': ']', '{': '}', '#{': '}' } as const;
type Opening = keyof typeof CLOSING;

const NAMED_CHARACTERS: ReadonlyMap<string, string> = new Map([
  ['newline', '\n'],
  ['return', '\r'],
  ['space', ' '],
  ['tab', '\t'],
]);
const CONSTANTS: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ['nil', null],
  ['true', true],
  ['false', false],
  ['##Inf', Infinity],
  ['##-Inf', -Infinity],
  ['##NaN', NaN],
]);

const BLANK = /(?:[\s,]|;[^\n]*)+/y;
const STRING = /"((?:[^"\\]|\\[^])*)"/y;
const CHARACTER = /\\(?:u([0-9a-fA-F]{4})|([a-z]{2,})|([^]))/y;
const ATOM = /[^\s,;"()[\]{}\\]+/y;
const NUMBER = /^[-+]?\d+(?:\.\d*)?(?:[eE][-+]?\d+)?[NM]?$/;

class EdnReader {
  readonly #text: string;
  #at = 0;
  #line = 1;
  #lineAt = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** The next form between others; `undefined` at the end. */
  next(): EdnForm | undefined {
    while (this.#skip()) {
      const line = this.#lineNow();
      const read = this.#form(0);
      if (read !== undefined) return { value: read.value, line };
    }
    return undefined;
  }

  /** Passes over what means nothing. @returns whether anything follows */
  #skip(): boolean {
    this.#match(BLANK);
    return this.#at < this.#text.length;
  }

  /** The form that begins here; `undefined` for one that is commented out (`#_`). */
  #form(depth: number): { readonly value: unknown } | undefined {
    if (depth > MAX_DEPTH) throw this.#wrong(tooDeep());
    const text = this.#text;
    const first = text[this.#at] ?? '';
    if (text.startsWith('#_', this.#at)) {
      this.#at += 2;
      this.#required(depth);
      return undefined;
    }
    if (first === '"') return { value: this.#string() };
    if (first === '\\') return { value: this.#character() };
    const opening: Opening | undefined = text.startsWith('#{', this.#at) ? '#{' : isOpening(first) ? first : undefined;
    if (opening !== undefined) return { value: this.#collection(opening, depth) };
    const atom = this.#match(ATOM)?.[0];
    if (atom === undefined) throw this.#wrong(`"${first}" closes nothing`);
    if (atom.startsWith('#') && !atom.startsWith('##')) return { value: this.#required(depth) };
    return { value: atomValue(atom) };
  }

  /** The form that must follow. */
  #required(depth: number): unknown {
    while (this.#skip()) {
      const read = this.#form(depth + 1);
      if (read !== undefined) return read.value;
    }
    throw this.#wrong('the text ends in the middle of a form');
  }

  #collection(opening: Opening, depth: number): unknown {
    const closing = CLOSING[opening];
    this.#at += opening.length;
    const parts: unknown[] = [];
    for (;;) {
      if (!this.#skip()) throw this.#wrong(`the text ends before the "${closing}" that it needs`);
      if (this.#text[this.#at] === closing) break;
      const read = this.#form(depth + 1);
      if (read !== undefined) parts.push(read.value);
    }
    this.#at += 1;
    if (opening === '#{') return parts.toSorted((a, b) => (canonicalText(a) < canonicalText(b) ? -1 : 1));
    if (opening !== '{') return parts;
    if (parts.length % 2 === 1) throw this.#wrong('a map has a key without a value');
    return Object.fromEntries(
      parts.flatMap((part, index) => (index % 2 === 0 ? [[nameOf(part), parts[index + 1]] as const] : [])),
    );
  }

  #string(): string {
    const found = this.#match(STRING)?.[1];
    if (found === undefined) throw this.#wrong('a string has no end');
    try {
      return JSON.parse(`"${found.replaceAll(/[\n\r\t]/g, escaped)}"`) as string;
    } catch (cause) {
      throw this.#wrong('a string has an escape that EDN does not know', cause);
    }
  }

  #character(): string {
    const [, code, name, single] = this.#match(CHARACTER) ?? [];
    if (code !== undefined) return String.fromCharCode(Number.parseInt(code, 16));
    const character = name === undefined ? single : NAMED_CHARACTERS.get(name);
    if (character === undefined) throw this.#wrong(`there is no character \\${name ?? ''}`);
    return character;
  }

  #match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text);
    if (found !== null) this.#at += found[0].length;
    return found;
  }

  #lineNow(): number {
    for (let end = this.#text.indexOf('\n', this.#lineAt); end >= 0 && end < this.#at;) {
      this.#line += 1;
      this.#lineAt = end + 1;
      end = this.#text.indexOf('\n', this.#lineAt);
    }
    return this.#line;
  }

  #wrong(problem: string, cause?: unknown): HistoryError {
    return new HistoryError(this.#lineNow(), '', `not EDN: ${problem}`, { cause });
  }
}

const isOpening = (text: string): text is Opening => Object.hasOwn(CLOSING, text);

/** Inside of JSON's quotes. */
const escaped = (character: string): string => JSON.stringify(character).slice(1, -1);

function atomValue(atom: string): unknown {
  if (CONSTANTS.has(atom)) return CONSTANTS.get(atom);
  if (NUMBER.test(atom)) return Number(atom.replace(/[NM]$/, ''));
  return atom.startsWith(':') ? atom.slice(1) : atom;
}

/** A key of a map as the name of a field. */
const nameOf = (key: unknown): string => (typeof key === 'string' ? key : canonicalText(key));
