/**
 * What crosses a simulated connection in place of HTTP/2: its streams, without its compression and windows. The
 * seam is `http2.connect`, for Node's own HTTP/2 speaks to nothing but real sockets, in turns of the real event loop.
 */

/** `status`: a response that is nothing but its headers. `settings`: asked for by a client that waits for them, and told. */
export const KINDS = ['request', 'response', 'status', 'data', 'trailers', 'end', 'cancel', 'settings'] as const;
export type Kind = (typeof KINDS)[number];

export interface Frame {
  readonly stream: number;
  readonly kind: Kind;
  readonly content: Buffer;
}

/** Of the connection itself. */
export const CONNECTION = 0;

export type Headers = Readonly<Record<string, string>>;

const HEAD_BYTES = 9;
const NOTHING = Buffer.alloc(0);

export function encodeFrame(stream: number, kind: Kind, content: Buffer = NOTHING): Buffer {
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt32BE(stream, 0);
  head.writeUInt8(KINDS.indexOf(kind), 4);
  head.writeUInt32BE(content.length, 5);
  return Buffer.concat([head, content]);
}

export const encodeHeaders = (headers: Headers): Buffer => Buffer.from(JSON.stringify(headers));
export const decodeHeaders = (content: Buffer): Headers => JSON.parse(content.toString()) as Headers;

export class FrameReader {
  #rest: Buffer = NOTHING;

  /** The frames that are complete. */
  feed(chunk: Buffer): Frame[] {
    let rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const frames: Frame[] = [];
    while (rest.length >= HEAD_BYTES) {
      const end = HEAD_BYTES + rest.readUInt32BE(5);
      const kind = KINDS[rest.readUInt8(4)];
      if (rest.length < end || kind === undefined) break;
      frames.push({ stream: rest.readUInt32BE(0), kind, content: rest.subarray(HEAD_BYTES, end) });
      rest = rest.subarray(end);
    }
    this.#rest = rest;
    return frames;
  }
}
