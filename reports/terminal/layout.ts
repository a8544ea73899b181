/** Text in columns: wrapping, padding, indenting. Widths count code points of plain, unpainted text. */

/** What a terminal line must not exceed, so that it stays readable on a wide screen. */
export const MAX_WIDTH = 100;

/** A number is not parted from its unit. */
const GLUED = /(?<=\d) (?=(?:%|ms|s|min|h)(?![\p{L}\d]))/gu;
const GLUE = '\u00a0';

/** Breaks `text` into lines of at most `width`; a word that is longer than that is cut. */
export function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.replaceAll(GLUED, GLUE).split(/[ \t\r\n]+/u)) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = '';
    }
    line = line === '' ? word : `${line} ${word}`;
    while (line.length > width) {
      lines.push(line.slice(0, width));
      line = line.slice(width);
    }
  }
  lines.push(line);
  return lines.map((each) => each.replaceAll(GLUE, ' '));
}

/** `head`, padded to `indent` columns, then `text` wrapped in the rest; continuation lines start at `indent`. */
export function hanging(head: string, text: string, width: number, indent: number): readonly string[] {
  const lines = wrap(text, Math.max(width - indent, 16));
  return lines.map((line, index) => (index === 0 ? head.padEnd(indent) : ' '.repeat(indent)) + line);
}

/** A table of right-aligned columns, but the first, which is left-aligned; two spaces between columns. */
export function table(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  return rows.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
}
