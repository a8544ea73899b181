/** The server's end of HTTP/1.1 over a simulated connection: one request after the other, with bodies of a stated length. */
import type { ServerSession } from '../network/connection.ts';
import type { Transport } from '../network/node.ts';

export interface Request {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: string;
}

export interface Response {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON, or as text if it is a string. */
  readonly body?: unknown;
}

export interface Exchange {
  readonly request: Request;
  /** Once. */
  answer(response: Response): void;
  /** Called if the client goes away before it is answered. */
  onGone: () => void;
}

const HEAD_END = '\r\n\r\n';

export function httpSession(transport: Transport, handle: (exchange: Exchange) => void): ServerSession {
  let rest: Buffer = Buffer.alloc(0);
  const open = new Set<Exchange>();
  const begin = (request: Request): void => {
    const exchange: Exchange = {
      request,
      answer: (response) => {
        if (open.delete(exchange)) transport.reply(encode(response));
      },
      onGone: () => undefined,
    };
    open.add(exchange);
    handle(exchange);
  };
  return {
    receive: (chunk) => {
      rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      for (;;) {
        const headEnd = rest.indexOf(HEAD_END);
        if (headEnd < 0) return;
        const head = rest.toString('latin1', 0, headEnd);
        const bodyStart = headEnd + HEAD_END.length;
        const end = bodyStart + Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? 0);
        if (rest.length < end) return;
        const body = rest.toString('utf8', bodyStart, end);
        rest = rest.subarray(end);
        const [method = '', target = '/'] = head.split(' ', 2);
        const { pathname, searchParams } = new URL(target, 'http://server');
        begin({ method, path: decodeURIComponent(pathname), query: searchParams, body });
      }
    },
    closed: () => {
      const gone = [...open];
      open.clear();
      for (const { onGone } of gone) onGone();
    },
  };
}

function encode({ status, headers = {}, body }: Response): Buffer {
  const isText = typeof body === 'string';
  const content = body === undefined ? '' : isText ? body : JSON.stringify(body);
  const lines = [
    `HTTP/1.1 ${status} -`,
    `Content-Type: ${isText ? 'text/plain; charset=utf-8' : 'application/json'}`,
    `Content-Length: ${Buffer.byteLength(content)}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
  ];
  return Buffer.from(lines.join('\r\n') + HEAD_END + content);
}
