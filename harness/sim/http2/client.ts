/** `http2.connect` of the simulation: sessions and streams that look like Node's, over a simulated connection. */
import { EventEmitter } from 'node:events';
import net from 'node:net';
import { Duplex } from 'node:stream';
import { decodeHeaders, encodeFrame, encodeHeaders, FrameReader, type Frame, type Kind } from './frames.ts';

type Done = (error?: Error | null) => void;
type Send = (kind: Kind, content?: Buffer) => void;

class SimStream extends Duplex {
  readonly #send: Send;

  constructor(send: Send) {
    super({ allowHalfOpen: true });
    this.#send = send;
  }

  /** Ends it at once, at both ends. */
  close(): void {
    if (this.destroyed) return;
    this.#send('cancel');
    this.destroy();
  }

  arrive({ kind, content }: Frame): void {
    if (this.destroyed) return;
    if (kind === 'data') this.push(content);
    else if (kind === 'response') this.emit('response', decodeHeaders(content));
    else if (kind === 'trailers') this.emit('trailers', decodeHeaders(content));
    else if (kind === 'end') {
      this.push(null);
      if (!this.writableEnded) this.end();
    }
  }

  override _read(): void {
    // What arrives is pushed when it arrives.
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: Done): void {
    this.#send('data', chunk);
    done();
  }

  override _final(done: Done): void {
    this.#send('end');
    done();
  }
}

export class SimSession extends EventEmitter {
  closed = false;
  destroyed = false;
  readonly #socket: net.Socket;
  readonly #reader = new FrameReader();
  readonly #streams = new Map<number, SimStream>();
  #connected = false;
  #error: Error | undefined;
  #lastStream = -1;

  constructor(authority: string) {
    super();
    const { hostname, port } = new URL(authority);
    this.#socket = net.connect({ host: hostname, port: Number(port) });
    this.#socket.on('connect', () => {
      this.#connected = true;
      this.emit('connect', this, this.#socket);
    });
    this.#socket.on('data', (chunk: Buffer) => {
      for (const frame of this.#reader.feed(chunk)) this.#streams.get(frame.stream)?.arrive(frame);
    });
    this.#socket.on('error', (error) => {
      this.#error = error;
    });
    this.#socket.on('close', () => this.destroy(this.#error));
  }

  request(headers: Readonly<Record<string, string>>): SimStream {
    if (this.closed || this.destroyed) {
      throw Object.assign(new Error('The session has been destroyed'), { code: 'ERR_HTTP2_INVALID_SESSION' });
    }
    const id = (this.#lastStream += 2);
    const stream = new SimStream((kind, content) => {
      if (!this.destroyed) this.#socket.write(encodeFrame(id, kind, content));
    });
    this.#streams.set(id, stream);
    stream.once('close', () => this.#streams.delete(id));
    this.#socket.write(encodeFrame(id, 'request', encodeHeaders(headers)));
    return stream;
  }

  /** Ends it, and every stream on it: those of a connection that never came about with the reason as cause. */
  destroy(error?: Error): void {
    if (this.destroyed) return;
    this.destroyed = true;
    this.closed = true;
    const canceled = Object.assign(new Error('The pending stream has been canceled', { cause: error }), {
      code: 'ERR_HTTP2_STREAM_CANCEL',
    });
    for (const stream of this.#streams.values()) stream.destroy(this.#connected ? error : canceled);
    this.#socket.destroy();
    process.nextTick(() => {
      if (error !== undefined) this.emit('error', error);
      this.emit('close');
    });
  }

  ref(): void {
    this.#socket.ref();
  }

  unref(): void {
    this.#socket.unref();
  }
}
