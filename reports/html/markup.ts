/** Markup in which inserted text is always escaped. */

/** A piece of HTML or SVG that may be inserted as it is. Only `markup` and `trusted` make one. */
export class Markup {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

type Inserted = string | number | Markup | readonly Markup[] | undefined;

const NAMED: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** Escaped for text and for quoted attributes; control characters, which no page can show, become U+FFFD. */
export function escaped(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/[\p{Cc}--[\t\n\r]]/gv, '\u{FFFD}')
    .replaceAll(/[&<>"']/gu, (character) => NAMED[character] ?? character);
}

/** A template in which strings and numbers are escaped, pieces of markup inserted, and `undefined` is nothing. */
export function markup(strings: TemplateStringsArray, ...values: readonly Inserted[]): Markup {
  return new Markup(String.raw({ raw: strings }, ...values.map(inserted)));
}

/** Markup from elsewhere that needs no escaping: style sheets, scripts and charts made here. Never a user's text. */
export function trusted(text: string): Markup {
  return new Markup(text);
}

function inserted(value: Inserted): string {
  if (value === undefined) return '';
  if (value instanceof Markup) return value.text;
  if (typeof value === 'object') return value.map(({ text }) => text).join('');
  return escaped(String(value));
}
