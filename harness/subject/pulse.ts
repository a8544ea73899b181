/**
 * A worker's pulse: notices stalls of its event loop, and requests to the backend that stay unanswered.
 *
 * It watches the sockets that libraries open from outside, by their byte counters, so it works for any client of any
 * protocol and disturbs none. Its resolution is one beat.
 */
import { subscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import type { WireObservation } from '../history/events.ts';

const BEAT_MS = 10;
/** An event loop that is later than this for a beat has stalled. */
const STALL_MS = 40;
/** Answers slower than this are worth recording. */
export const SLOW_MS = 30;

interface WatchedSocket {
  readonly socket: Socket;
  readonly node: number;
  written: number;
  read: number;
  /** When the oldest unanswered bytes were first seen to be written. */
  since: number | undefined;
  /** An unanswered request is told once while it is open. */
  told: boolean;
}

export class Pulse {
  readonly #nodeOfPort = new Map<number, number>();
  readonly #watched = new Set<WatchedSocket>();
  readonly #onWire: (observation: WireObservation) => void;
  readonly #onStall: (ms: number) => void;
  readonly #timer: NodeJS.Timeout;
  #last = performance.now();

  constructor(onWire: (observation: WireObservation) => void, onStall: (ms: number) => void) {
    this.#onWire = onWire;
    this.#onStall = onStall;
    subscribe('net.client.socket', (message) => this.#watch((message as { socket: Socket }).socket));
    this.#timer = setInterval(() => this.#beat(), BEAT_MS);
    this.#timer.unref();
  }

  /** From now on, connections to this local port are requests to `node`. */
  expect(port: number, node: number): void {
    this.#nodeOfPort.set(port, node);
  }

  #watch(socket: Socket): void {
    socket.once('connect', () => {
      const node = this.#nodeOfPort.get(socket.remotePort ?? -1);
      if (node === undefined) return;
      const watched: WatchedSocket = { socket, node, written: 0, read: 0, since: undefined, told: false };
      this.#watched.add(watched);
      socket.once('close', () => {
        this.#look(watched, performance.now());
        this.#watched.delete(watched);
        if (watched.since !== undefined) this.#tell(watched, 'closed');
      });
    });
  }

  #beat(): void {
    const now = performance.now();
    const late = now - this.#last - BEAT_MS;
    this.#last = now;
    if (late > STALL_MS) this.#onStall(late);
    for (const watched of this.#watched) {
      this.#look(watched, now);
      if (watched.since !== undefined && !watched.told && now - watched.since > SLOW_MS) {
        watched.told = true;
        this.#tell(watched, 'open');
      }
    }
  }

  #look(watched: WatchedSocket, now: number): void {
    const { bytesWritten, bytesRead } = watched.socket;
    if (bytesRead > watched.read) {
      if (watched.since !== undefined && now - watched.since > SLOW_MS) this.#tell(watched, 'reply');
      watched.since = undefined;
      watched.told = false;
    }
    if (bytesWritten > watched.written && watched.since === undefined && bytesRead === watched.read) {
      watched.since = now;
    }
    watched.written = bytesWritten;
    watched.read = bytesRead;
  }

  #tell(watched: WatchedSocket, end: WireObservation['end']): void {
    this.#onWire({ node: watched.node, ms: Math.round(performance.now() - (watched.since ?? 0)), end });
  }
}
