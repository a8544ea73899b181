/** Requests out of the bytes of a connection: arrays of bulk strings, and inline commands. */

export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
}

export class RequestParser {
  #rest = '';

  /** @returns the requests that are complete. @throws ProtocolError */
  feed(chunk: Buffer): string[][] {
    const text = this.#rest === '' ? chunk.toString('latin1') : this.#rest + chunk.toString('latin1');
    const requests: string[][] = [];
    let at = 0;
    for (;;) {
      const next = parseOne(text, at);
      if (next === undefined) break;
      at = next.end;
      if (next.request.length > 0) requests.push(next.request);
    }
    this.#rest = text.slice(at);
    return requests;
  }
}

function parseOne(text: string, from: number): { readonly request: string[]; readonly end: number } | undefined {
  const lineEnd = text.indexOf('\r\n', from);
  if (lineEnd < 0) return undefined;
  if (text[from] !== '*') {
    const words = text.slice(from, lineEnd).trim();
    return { request: words === '' ? [] : words.split(/\s+/), end: lineEnd + 2 };
  }
  const count = Number(text.slice(from + 1, lineEnd));
  const request: string[] = [];
  let at = lineEnd + 2;
  for (let index = 0; index < count; index += 1) {
    const end = text.indexOf('\r\n', at);
    if (end < 0) return undefined;
    if (text[at] !== '$') throw new ProtocolError(`expected '$', got '${text[at] ?? ''}'`);
    const length = Number(text.slice(at + 1, end));
    const start = end + 2;
    if (text.length < start + length + 2) return undefined;
    request.push(text.slice(start, start + length));
    at = start + length + 2;
  }
  return { request, end: at };
}
