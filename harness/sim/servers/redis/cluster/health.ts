/** Whether a node may serve: all slots are served by nodes that have not failed, and it is with a majority of the primaries. */
import { NODE_TIMEOUT_MS } from './failures.ts';
import type { View } from './view.ts';

/** A restarted primary serves after so long: the others may have replaced it. */
const WRITABLE_AFTER_MS = 2000;
/** One that is back with the majority serves after so long. */
const REJOIN_AFTER_MS = Math.min(Math.max(NODE_TIMEOUT_MS, 500), 5000);

export class Health {
  #isOk = false;
  #begunAt: number | undefined;
  #inMinorityAt = -Infinity;

  get isOk(): boolean {
    return this.#isOk;
  }

  update(view: View, now: number): void {
    this.#begunAt ??= now;
    const isPrimary = view.me.primary === undefined;
    if (isPrimary && !this.#isOk && now - this.#begunAt < WRITABLE_AFTER_MS) return;
    const isServed = view.owners.every((owner) => owner !== undefined && view.peer(owner).failing !== 'yes');
    const isInMinority = view.voters.filter(({ failing }) => failing === 'no').length < view.majority;
    if (isInMinority) this.#inMinorityAt = now;
    const isOk = isServed && !isInMinority;
    if (isOk && !this.#isOk && isPrimary && now - this.#inMinorityAt < REJOIN_AFTER_MS) return;
    this.#isOk = isOk;
  }

  restart(): void {
    this.#isOk = false;
    this.#begunAt = undefined;
    this.#inMinorityAt = -Infinity;
  }
}
