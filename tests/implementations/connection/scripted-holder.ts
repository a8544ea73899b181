/** Connections whose answers a test gives. */
import type { HeldGrant, Holder, HolderBackend } from '../../../implementations/connection/backend.ts';
import type { Inspection } from '../../../implementations/lock.ts';

type Answer<T> = { resolve(value: T): void; reject(error: unknown): void };

export class ScriptedHolder implements Holder {
  /** What is asked and not yet answered. */
  readonly locks: (Answer<HeldGrant | undefined> & { readonly waitMs: number })[] = [];
  readonly pings: Answer<void>[] = [];
  readonly unlocks: Answer<'released' | 'lost'>[] = [];
  state: 'open' | 'ended' | 'given back' = 'open';
  #onEnd: () => void = () => undefined;

  lock(_key: string, waitMs: number): Promise<HeldGrant | undefined> {
    return new Promise((resolve, reject) => this.locks.push({ resolve, reject, waitMs }));
  }

  unlock(): Promise<'released' | 'lost'> {
    return new Promise((resolve, reject) => this.unlocks.push({ resolve, reject }));
  }

  ping(): Promise<void> {
    return new Promise((resolve, reject) => this.pings.push({ resolve, reject }));
  }

  onEnd(listener: () => void): void {
    this.#onEnd = listener;
  }

  giveBack(): void {
    this.state = 'given back';
  }

  async end(): Promise<void> {
    this.state = 'ended';
  }

  /** As when the server, or the network, ends it. */
  breaks(): void {
    this.state = 'ended';
    this.#onEnd();
  }
}

export class ScriptedHolders implements HolderBackend {
  readonly opened: ScriptedHolder[] = [];

  async open(): Promise<Holder> {
    const holder = new ScriptedHolder();
    this.opened.push(holder);
    return holder;
  }

  async inspect(key: string): Promise<Inspection> {
    return { key, held: false };
  }

  async probe(): Promise<string | undefined> {
    return undefined;
  }

  get last(): ScriptedHolder {
    const holder = this.opened.at(-1);
    if (holder === undefined) throw new Error('nothing was opened');
    return holder;
  }
}
