/** Telling a statement by its text: clients of MariaDB write values into it before they send it. */

/** Bytes in hexadecimal, a string that needs no escapes, a number. */
const LITERAL = String.raw`(X'[0-9a-f]*'|'[^'\\]*'|-?\d+(?:\.\d+)?)`;

/** Of a statement with a `?` for each value. */
export function patternOf(statement: string): RegExp {
  const literally = statement.replaceAll(/[.*+^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${literally.replaceAll('?', LITERAL)}$`);
}

/** The value, each byte a character if it was bytes. */
export function valueOf(literal: string): string {
  if (literal.startsWith('X')) return Buffer.from(literal.slice(2, -1), 'hex').toString('latin1');
  return literal.startsWith("'") ? literal.slice(1, -1) : literal;
}
