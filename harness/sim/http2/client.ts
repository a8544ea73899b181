/** `http2.connect` of the simulation: sessions and streams that look like Node's, over a simulated connection. */
import { EventEmitter } from 'node:events';
import http2, { constants } from 'node:http2';
import net from 'node:net';
import { Duplex } from 'node:stream';
import { isOverhearing, noteUnheard } from '../engine/outside.ts';
import { CONNECTION, decodeHeaders, encodeFrame, encodeHeaders, FrameReader, type Frame, type Kind } from './frames.ts';
import { lacks } from './lacks.ts';

type Done = (error?: Error | null) => void;
type Send = (kind: Kind, content?: Buffer) => void;

const OF_EMITTERS = ['error', 'close', 'newListener', 'removeListener'];
const OF_DUPLEXES = ['data', 'drain', 'end', 'finish', 'pause', 'pipe', 'prefinish', 'readable', 'resume', 'unpipe'];
/** All that is ever told. */
const HEARD_ON_STREAMS = new Set(['response', 'trailers', ...OF_DUPLEXES, ...OF_EMITTERS]);
const HEARD_ON_SESSIONS = new Set(['connect', ...OF_EMITTERS]);
const SETTINGS_EVENTS = new Set<string | symbol>(['remoteSettings', 'localSettings']);

class SimStream extends Duplex {
  rstCode: number = constants.NGHTTP2_NO_ERROR;
  readonly id: number;
  readonly #send: Send;

  constructor(id: number, send: Send) {
    super({ allowHalfOpen: true });
    this.id = id;
    this.#send = send;
    if (isOverhearing()) noteListeners(this, HEARD_ON_STREAMS);
  }

  /** Ends it at once, at both ends. */
  close(code: number = constants.NGHTTP2_NO_ERROR): void {
    if (this.destroyed) return;
    this.#send('cancel');
    this.breakOff(code);
  }

  /** Its connection is gone, or somebody does not want it any more. */
  breakOff(code: number, error?: Error): void {
    if (this.destroyed) return;
    this.rstCode = code;
    this.destroy(error);
  }

  arrive({ kind, content }: Frame): void {
    if (this.destroyed) return;
    if (kind === 'data') this.push(content);
    else if (kind === 'response') this.emit('response', decodeHeaders(content), constants.NGHTTP2_FLAG_END_HEADERS);
    else if (kind === 'status') this.emit('response', decodeHeaders(content), ALL_THERE_IS);
    else if (kind === 'trailers') this.emit('trailers', decodeHeaders(content), ALL_THERE_IS);
    else if (kind === 'end') {
      this.push(null);
      // As Node does: a stream that somebody has paused ends all the same when nothing is left in it.
      if (this.isPaused()) this.read(0);
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

const ALL_THERE_IS = constants.NGHTTP2_FLAG_END_HEADERS | constants.NGHTTP2_FLAG_END_STREAM;

export interface SessionOptions {
  /** Instead of a connection of its own. */
  readonly createConnection?: (authority: URL, options: SessionOptions) => net.Socket;
}

export class SimSession extends EventEmitter {
  closed = false;
  destroyed = false;
  readonly encrypted = false;
  readonly alpnProtocol = 'h2c';
  readonly type = constants.NGHTTP2_SESSION_CLIENT;
  readonly localSettings = http2.getDefaultSettings();
  readonly remoteSettings = http2.getDefaultSettings();
  readonly state = { localWindowSize: WINDOW, remoteWindowSize: WINDOW };
  readonly socket: net.Socket;
  readonly #reader = new FrameReader();
  readonly #streams = new Map<number, SimStream>();
  #connected = false;
  #asksForSettings = false;
  #error: Error | undefined;
  #lastStream = -1;

  constructor(authority: string | URL, options: SessionOptions = {}) {
    super();
    const url = new URL(authority);
    this.socket =
      options.createConnection?.(url, options) ?? net.connect({ host: url.hostname, port: Number(url.port) });
    const connected = (): void => {
      this.#connected = true;
      this.emit('connect', this, this.socket);
      if (this.#asksForSettings) this.#askForSettings();
    };
    if (this.socket.connecting) this.socket.on('connect', connected);
    else process.nextTick(connected);
    this.socket.on('data', (chunk: Buffer) => {
      for (const frame of this.#reader.feed(chunk)) this.#arrive(frame);
    });
    this.socket.on('error', (error) => {
      this.#error = error;
    });
    this.socket.on('close', () => this.destroy(this.#error));
    noteListeners(this, HEARD_ON_SESSIONS, (event) => this.#listensTo(event));
  }

  get connecting(): boolean {
    return !this.#connected;
  }

  request(headers: Readonly<Record<string, string>>): SimStream {
    if (this.closed || this.destroyed) {
      throw Object.assign(new Error('The session has been destroyed'), { code: 'ERR_HTTP2_INVALID_SESSION' });
    }
    const id = (this.#lastStream += 2);
    const stream = new SimStream(id, (kind, content) => {
      if (!this.destroyed) this.socket.write(encodeFrame(id, kind, content));
    });
    this.#streams.set(id, stream);
    stream.once('close', () => {
      this.#streams.delete(id);
      if (this.closed && this.#streams.size === 0) this.destroy();
    });
    this.socket.write(encodeFrame(id, 'request', encodeHeaders(headers)));
    return stream;
  }

  /** Ends it when every stream on it has ended. */
  close(done?: () => void): void {
    if (done !== undefined) this.once('close', done);
    if (this.closed) return;
    this.closed = true;
    if (this.#streams.size === 0) this.destroy();
  }

  /** Ends it, and every stream on it: those of a connection that never came about with the reason as cause. */
  destroy(error?: Error): void {
    if (this.destroyed) return;
    this.destroyed = true;
    this.closed = true;
    const canceled = Object.assign(new Error('The pending stream has been canceled', { cause: error }), {
      code: 'ERR_HTTP2_STREAM_CANCEL',
    });
    const code = error === undefined ? constants.NGHTTP2_CANCEL : constants.NGHTTP2_INTERNAL_ERROR;
    for (const stream of this.#streams.values()) stream.breakOff(code, this.#connected ? error : canceled);
    this.socket.destroy();
    process.nextTick(() => {
      if (error !== undefined) this.emit('error', error);
      this.emit('close');
    });
  }

  /** Windows are never full here. */
  setLocalWindowSize(size: number): void {
    this.state.localWindowSize = size;
  }

  ref(): void {
    this.socket.ref();
  }

  unref(): void {
    this.socket.unref();
  }

  #arrive(frame: Frame): void {
    if (frame.stream !== CONNECTION) return this.#streams.get(frame.stream)?.arrive(frame);
    this.emit('remoteSettings', this.remoteSettings);
    this.emit('localSettings', this.localSettings);
  }

  /** @returns whether it will be told of that */
  #listensTo(event: string | symbol): boolean {
    if (!SETTINGS_EVENTS.has(event)) return false;
    if (!this.#asksForSettings && this.#connected) this.#askForSettings();
    this.#asksForSettings = true;
    return true;
  }

  #askForSettings(): void {
    if (!this.destroyed) this.socket.write(encodeFrame(CONNECTION, 'settings'));
  }
}

const WINDOW = 65_535;

/** Takes note of listeners for what is never told here. */
function noteListeners(
  emitter: EventEmitter,
  heard: ReadonlySet<string | symbol>,
  isHeard: (event: string | symbol) => boolean = () => false,
): void {
  emitter.on('newListener', (event: string | symbol) => {
    if (!heard.has(event) && !isHeard(event)) noteUnheard(`"${String(event)}" of node:http2`);
  });
}

lacks(SimSession.prototype, ['ping', 'goaway', 'settings', 'setTimeout', 'setNextStreamID'], 'node:http2');
lacks(SimStream.prototype, ['sendTrailers', 'priority', 'setTimeout'], 'node:http2');
