/** The near end of a simulated connection, as libraries know a `net.Socket`. */
import { Duplex } from 'node:stream';
import { SimTimer } from '../engine/timers.ts';
import { activeWorld } from '../engine/active.ts';
import type { Address, ClientSocket, Wire } from '../engine/sockets.ts';
import { dial } from './dial.ts';

type Callback = (error?: Error | null) => void;

/** Of a socket that is not connected to anything yet. */
const NO_WIRE: Wire = { send: () => undefined, end: () => undefined, destroyed: () => undefined };

export class SimSocket extends Duplex implements ClientSocket {
  connecting = true;
  pending = true;
  remoteAddress = '';
  remotePort = 0;
  readonly remoteFamily = 'IPv4';
  readonly localAddress = '127.0.0.1';
  readonly localPort = 40_000;
  bytesRead = 0;
  bytesWritten = 0;
  timeout = 0;
  /** Whether it keeps its process alive. */
  hasRef = true;
  #wire = NO_WIRE;
  #waiting: (() => void) | undefined;
  #idle: SimTimer | undefined;

  constructor() {
    super({ allowHalfOpen: false });
    // What a library leaves behind on a dead socket is warned of in a program of its own; here run thousands.
    this.setMaxListeners(0);
  }

  /** It is to be connected there, by this wire. */
  attach({ host, port }: Address, wire: Wire): this {
    this.remoteAddress = host;
    this.remotePort = port;
    this.#wire = wire;
    return this;
  }

  /** As of `net.Socket`. */
  connect(...args: unknown[]): this {
    dial(args, this);
    return this;
  }

  get readyState(): string {
    return this.connecting ? 'opening' : this.destroyed ? 'closed' : 'open';
  }

  connected(): void {
    this.connecting = false;
    this.pending = false;
    this.#active();
    const write = this.#waiting;
    this.#waiting = undefined;
    write?.();
    this.emit('connect');
    this.emit('ready');
  }

  arrive(chunk: Buffer): void {
    this.bytesRead += chunk.length;
    this.#active();
    // What somebody listens to needs no queue.
    if (this.readableFlowing === true && this.readableLength === 0 && this.listenerCount('readable') === 0) {
      this.emit('data', this.readableEncoding === null ? chunk : chunk.toString(this.readableEncoding));
    } else this.push(chunk);
  }

  /** Past the queue of streams where there is nothing to queue: it is the most frequent call of all. */
  override write(chunk: unknown, encoding?: BufferEncoding | Callback, callback?: Callback): boolean {
    if (typeof encoding === 'function') return super.write(chunk, encoding);
    if (encoding !== undefined) return super.write(chunk, encoding, callback);
    if (callback !== undefined || this.writableEnded || this.destroyed || this.#queues) {
      return super.write(chunk, callback);
    }
    this.#transmit(typeof chunk === 'string' ? Buffer.from(chunk) : (chunk as Buffer));
    return true;
  }

  get #queues(): boolean {
    return this.connecting || this.writableCorked > 0 || this.writableLength > 0;
  }

  override _read(): void {
    // What arrives is pushed when it arrives.
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: Callback): void {
    if (this.connecting) {
      this.#waiting = () => this._write(chunk, _encoding, done);
      return;
    }
    this.#transmit(chunk);
    done();
  }

  override _writev(chunks: { chunk: Buffer; encoding: BufferEncoding }[], done: Callback): void {
    this._write(Buffer.concat(chunks.map(({ chunk }) => chunk)), 'binary', done);
  }

  override _final(done: Callback): void {
    if (!this.connecting) this.#wire.end();
    done();
  }

  override _destroy(error: Error | null, done: Callback): void {
    this.connecting = false;
    this.setTimeout(0);
    this.#wire.destroyed();
    done(error);
  }

  /** `timeout` is emitted after so long without a byte in either direction. */
  setTimeout(ms: number, onTimeout?: () => void): this {
    this.#idle?.close();
    this.#idle = undefined;
    this.timeout = ms;
    const world = activeWorld();
    if (ms > 0 && world !== undefined)
      this.#idle = new SimTimer(world, () => this.emit('timeout'), ms, [], false).unref();
    if (onTimeout !== undefined) {
      if (ms > 0) this.once('timeout', onTimeout);
      else this.off('timeout', onTimeout);
    }
    return this;
  }

  /** Nothing happens on it any more. */
  forsake(): void {
    // What `node:http` reads answers by lies outside of the heap, and is else freed with the end of its connection only.
    const parser: { readonly close?: unknown } = Object(Reflect.get(this, 'parser'));
    if (typeof parser.close === 'function') Reflect.apply(parser.close, parser, []);
  }

  setNoDelay(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  ref(): this {
    this.hasRef = true;
    return this;
  }

  unref(): this {
    this.hasRef = false;
    return this;
  }

  address(): object {
    return { address: this.localAddress, family: this.remoteFamily, port: this.localPort };
  }

  destroySoon(): void {
    if (this.writable) this.end();
    if (this.writableFinished) this.destroy();
    else this.once('finish', () => this.destroy());
  }

  #transmit(chunk: Buffer): void {
    this.bytesWritten += chunk.length;
    this.#active();
    this.#wire.send(chunk);
  }

  #active(): void {
    this.#idle?.refresh();
  }
}
