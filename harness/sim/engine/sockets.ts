/** What the world, the network and the sockets of its processes know of each other. */
import type { Duplex } from 'node:stream';
import type { Owner } from './owner.ts';

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** What a socket does is done on this. */
export interface Wire {
  send(chunk: Buffer): void;
  end(): void;
  destroyed(): void;
}

/** The near end of a connection, as the network knows it. */
export interface ClientSocket extends Duplex {
  readonly remoteAddress: string;
  /** Whether it keeps its process alive. */
  readonly hasRef: boolean;
  /** It is to be connected there, by this wire. */
  attach(address: Address, wire: Wire): this;
  connected(): void;
  arrive(chunk: Buffer): void;
  /** Nothing happens on it any more. */
  forsake(): void;
}

/** Connects a socket of the running process. @returns whether there is such an address */
export type Dial = (
  caller: Owner,
  address: { readonly host: string; readonly port: number },
  socket: ClientSocket,
) => boolean;
