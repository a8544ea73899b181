/** The server's end of simulated HTTP/2, as gRPC uses it: calls with messages in both directions and a status at the end. */
import type { ServerSession } from '../network/connection.ts';
import type { Transport } from '../network/node.ts';
import { decodeHeaders, encodeFrame, encodeHeaders, FrameReader, type Headers, type Kind } from './frames.ts';

/** A call, as the server answers it. */
export interface Call {
  readonly path: string;
  /** Sends one message. */
  reply(message: Buffer): void;
  /** Ends it with success. */
  finish(): void;
  /** Ends it with a status of gRPC. */
  fail(code: number, message: string): void;
}

/** What the server does with a call; the client may say more, half-close it, and go away. */
export interface Handler {
  message(content: Buffer): void;
  ended?(): void;
  gone?(): void;
}

interface Conversation {
  handler: Handler;
  /** What has arrived of the next message. */
  rest: Buffer;
}

const PREFIX_BYTES = 5;
const RESPONSE: Headers = { ':status': '200', 'content-type': 'application/grpc' };

/** `open` begins to answer a call. */
export function grpcSession(transport: Transport, open: (call: Call) => Handler): ServerSession {
  const reader = new FrameReader();
  const calls = new Map<number, Conversation>();
  const begin = (id: number, headers: Headers): void => {
    const send = (kind: Kind, content?: Buffer): void => {
      if (calls.has(id)) transport.reply(encodeFrame(id, kind, content));
    };
    let answered = false;
    const respond = (): void => {
      if (!answered) send('response', encodeHeaders(RESPONSE));
      answered = true;
    };
    const end = (status: Headers): void => {
      if (answered) send('trailers', encodeHeaders(status));
      else send('status', encodeHeaders({ ...RESPONSE, ...status }));
      send('end');
      calls.delete(id);
    };
    const call: Call = {
      path: headers[':path'] ?? '',
      reply: (message) => {
        const prefix = Buffer.alloc(PREFIX_BYTES);
        prefix.writeUInt32BE(message.length, 1);
        respond();
        send('data', Buffer.concat([prefix, message]));
      },
      finish: () => end({ 'grpc-status': '0' }),
      fail: (code, message) => end({ 'grpc-status': String(code), 'grpc-message': encodeURIComponent(message) }),
    };
    const one: Conversation = { handler: { message: () => undefined }, rest: Buffer.alloc(0) };
    calls.set(id, one);
    one.handler = open(call);
  };
  const hear = (id: number, chunk: Buffer): void => {
    const call = calls.get(id);
    if (call === undefined) return;
    call.rest = Buffer.concat([call.rest, chunk]);
    while (call.rest.length >= PREFIX_BYTES) {
      const end = PREFIX_BYTES + call.rest.readUInt32BE(1);
      if (call.rest.length < end) return;
      call.handler.message(call.rest.subarray(PREFIX_BYTES, end));
      call.rest = call.rest.subarray(end);
    }
  };
  const leave = (id: number): void => {
    const call = calls.get(id);
    calls.delete(id);
    call?.handler.gone?.();
  };
  return {
    receive: (chunk) => {
      for (const { stream, kind, content } of reader.feed(chunk)) {
        if (kind === 'request') begin(stream, decodeHeaders(content));
        else if (kind === 'data') hear(stream, content);
        else if (kind === 'end') calls.get(stream)?.handler.ended?.();
        else if (kind === 'cancel') leave(stream);
        else if (kind === 'settings') transport.reply(encodeFrame(stream, kind));
      }
    },
    closed: () => {
      for (const id of calls.keys()) leave(id);
    },
  };
}
