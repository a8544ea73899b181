/** gRPC over one HTTP/2 connection to one server (https://grpc.github.io/grpc/core/md_doc__p_r_o_t_o_c_o_l-_h_t_t_p2.html). */
import { connect, constants } from 'node:http2';
import type { ClientHttp2Session, ClientHttp2Stream, IncomingHttpHeaders } from 'node:http2';
import type { Message } from './protobuf.ts';

/** The server answered with a status other than OK. */
export class StatusError extends Error {
  /** https://grpc.github.io/grpc/core/md_doc_statuscodes.html */
  readonly code: number;

  constructor(code: number, message: string) {
    super(message === '' ? `gRPC status ${code}` : message);
    this.name = 'StatusError';
    this.code = code;
  }
}

/** There was no answer. */
export class NoAnswerError extends Error {
  /** Whether the request may have reached the server. */
  readonly sent: boolean;

  constructor(message: string, sent: boolean, options?: ErrorOptions) {
    super(message, options);
    this.name = 'NoAnswerError';
    this.sent = sent;
  }
}

export interface CallOptions {
  /** Metadata of the call. */
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
}

/** Flag and length before each message. */
const HEAD_BYTES = 5;

export class Channel {
  readonly #url: string;
  #session: ClientHttp2Session | undefined;
  /** When a call was first given up on this connection, on `performance.now()`'s line, if nothing was answered since. */
  #silentSince: number | undefined;

  /** `http://host:port` or `https://host:port`; connected with the first call. */
  constructor(url: string) {
    this.#url = url;
  }

  /**
   * One request and the first message of the response: also for streaming methods that answer each request once.
   * @throws StatusError, NoAnswerError
   */
  call(path: string, request: Message, { headers, timeoutMs }: CallOptions): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const stream = this.#open(path, headers);
      const late = setTimeout(() => {
        reject(new NoAnswerError(`no answer from ${this.#url} within ${timeoutMs} ms`, true));
        stream.close(constants.NGHTTP2_CANCEL);
        this.#unanswered(timeoutMs);
      }, timeoutMs);
      const answered = (message: Buffer): void => {
        this.#silentSince = undefined;
        resolve(message);
      };
      readMessages(stream, answered, (error) => {
        clearTimeout(late);
        reject(error);
      });
      stream.end(framed(request));
    });
  }

  /** Sends one request and keeps the call open. @returns the function that ends it */
  follow(
    path: string,
    request: Message,
    headers: CallOptions['headers'],
    onMessage: (message: Buffer) => void,
    onEnd: (error: Error) => void,
  ): () => void {
    const stream = this.#open(path, headers);
    readMessages(stream, onMessage, onEnd);
    stream.write(framed(request));
    return () => stream.close(constants.NGHTTP2_CANCEL);
  }

  /** Ends the connection, and every call on it. The next call makes a new one. */
  reset(): void {
    this.#session?.destroy();
    this.#session = undefined;
    this.#silentSince = undefined;
  }

  /** One call may be slow; a connection that has answered none for twice as long as one may take is dead. */
  #unanswered(timeoutMs: number): void {
    const now = performance.now();
    this.#silentSince ??= now - timeoutMs;
    if (now - this.#silentSince >= 2 * timeoutMs) this.reset();
  }

  #open(path: string, headers: CallOptions['headers']): ClientHttp2Stream {
    const fixed = { ':method': 'POST', ':path': path, 'content-type': 'application/grpc', te: 'trailers' };
    try {
      return this.#connected().request({ ...fixed, ...headers });
    } catch (cause) {
      // The connection is ending, which its events have not told yet.
      this.reset();
      throw new NoAnswerError(`the connection to ${this.#url} is ending`, false, { cause });
    }
  }

  #connected(): ClientHttp2Session {
    const present = this.#session;
    if (present !== undefined && !present.closed && !present.destroyed) return present;
    const session = connect(this.#url);
    const over = (): void => {
      if (this.#session === session) this.#session = undefined;
    };
    // The calls on it fail and say so.
    session.on('error', over);
    session.on('close', over);
    session.on('goaway', over);
    this.#session = session;
    return session;
  }
}

function framed(request: Message): Buffer {
  const body = request.encode();
  const frame = Buffer.alloc(HEAD_BYTES + body.length);
  frame.writeUInt32BE(body.length, 1);
  body.copy(frame, HEAD_BYTES);
  return frame;
}

/** `onEnd` is called once, also after messages, with the status if it is not OK, or with why the stream broke off. */
function readMessages(
  stream: ClientHttp2Stream,
  onMessage: (message: Buffer) => void,
  onEnd: (error: Error) => void,
): void {
  let rest: Buffer = Buffer.alloc(0);
  let status: IncomingHttpHeaders = {};
  let failure: Error | undefined;
  stream.on('data', (data: Buffer) => {
    rest = rest.length === 0 ? data : Buffer.concat([rest, data]);
    while (rest.length >= HEAD_BYTES) {
      const length = rest.readUInt32BE(1);
      if (rest.length < HEAD_BYTES + length) break;
      onMessage(rest.subarray(HEAD_BYTES, HEAD_BYTES + length));
      rest = rest.subarray(HEAD_BYTES + length);
    }
  });
  // A response that is nothing but its status has it in its headers.
  stream.on('response', (headers) => {
    status = headers;
  });
  stream.on('trailers', (headers) => {
    status = headers;
  });
  stream.on('error', (error) => {
    failure = error;
  });
  stream.on('close', () => onEnd(endOf(status, failure)));
}

function endOf(headers: IncomingHttpHeaders, failure: Error | undefined): Error {
  const code = headers['grpc-status'];
  if (code !== undefined)
    return new StatusError(Number(code), decodeURIComponent(String(headers['grpc-message'] ?? '')));
  // A stream ends with its session, and names the reason as its cause.
  const { cause = failure } = failure ?? {};
  const refused = cause instanceof Error && 'syscall' in cause && cause.syscall === 'connect';
  const message = cause instanceof Error ? cause.message : 'the call ended without an answer';
  return new NoAnswerError(message, !refused, { cause });
}
