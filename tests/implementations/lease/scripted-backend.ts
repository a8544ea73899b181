/** A backend whose every answer a test gives, when it likes. */
import assert from 'node:assert/strict';
import type { Answer, Grant, LeaseBackend, LeaseRequest } from '../../../implementations/lease/backend.ts';
import type { Inspection, ReleaseOutcome } from '../../../implementations/lock.ts';
import { settle } from './virtual-time.ts';

interface Pending<T> {
  readonly request: LeaseRequest;
  answer(value: T): void;
  fail(error: Error): void;
}

/** The commands of one kind. */
class Commands<T> {
  /** How many have been sent so far. */
  sent = 0;
  readonly #pending: Pending<T>[] = [];

  send(request: LeaseRequest): Promise<T> {
    this.sent += 1;
    return new Promise<T>((resolve, reject) => {
      this.#pending.push({ request, answer: resolve, fail: reject });
    });
  }

  /** The oldest that has not been taken yet. */
  async next(): Promise<Pending<T>> {
    await settle();
    const pending = this.#pending.shift();
    assert.ok(pending !== undefined, 'no such command was sent');
    return pending;
  }
}

export class ScriptedBackend implements LeaseBackend {
  readonly shares = true;
  readonly attempts = new Commands<Answer>();
  readonly extensions = new Commands<'extended' | 'lost'>();
  readonly releases = new Commands<ReleaseOutcome>();
  readonly undos = new Commands<void>();
  /** One entry per subscription that is in force. */
  readonly hints: (() => void)[] = [];
  readonly wakeUps = {
    subscribe: (_key: string, hint: () => void): (() => void) => {
      this.hints.push(hint);
      return () => this.hints.splice(this.hints.indexOf(hint), 1);
    },
  };

  attempt(request: LeaseRequest): Promise<Answer> {
    return this.attempts.send(request);
  }

  extend(grant: Grant): Promise<'extended' | 'lost'> {
    return this.extensions.send(grant);
  }

  free(grant: Grant): Promise<ReleaseOutcome> {
    return this.releases.send(grant);
  }

  undo(request: LeaseRequest): Promise<void> {
    return this.undos.send(request);
  }

  async inspect(key: string): Promise<Inspection> {
    return { key, held: false };
  }

  async probe(): Promise<string | undefined> {
    return undefined;
  }

  /** A release, an expiry or a new subscription is announced. */
  hint(): void {
    for (const hint of this.hints) hint();
  }
}
