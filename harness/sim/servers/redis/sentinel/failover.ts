/** One failover as the Sentinel carries it out that has begun it: it is elected, promotes a replica, and has the others follow. */
import type { Council } from './council.ts';
import type { Subject } from './subject.ts';

/** What a failover needs of its Sentinel. */
export interface Conduct {
  readonly self: number;
  readonly epoch: number;
  readonly council: Council;
  readonly primary: Subject;
  readonly subjects: readonly Subject[];
  /** Tells a server whom to follow; `undefined`: nobody. */
  reconfigure(node: number, primary: number | undefined): void;
  /** A replica says that it is the primary now. */
  promoted(node: number, epoch: number): void;
  /** The replicas follow it, or have had their time. */
  finished(node: number): void;
  aborted(): void;
}

/** As the real ones are started (`harness/backends/servers/redis-sentinel.ts`). */
export const FAILOVER_TIMEOUT_MS = 3000;
/** Of words that are to be fresh, and of those that need not be. */
const FRESH_MS = 5000;

type Step =
  | { readonly is: 'standing' }
  | { readonly is: 'promoting'; readonly chosen: Subject; readonly since: number }
  | { readonly is: 'reconfiguring'; readonly chosen: Subject; readonly since: number; readonly told: Set<number> };

export class Failover {
  readonly #conduct: Conduct;
  readonly epoch: number;
  readonly #standsSince: number;
  #step: Step = { is: 'standing' };

  constructor(conduct: Conduct, epoch: number, now: number) {
    this.#conduct = conduct;
    this.epoch = epoch;
    this.#standsSince = now;
  }

  /** The new primary, once it is one. */
  get successor(): number | undefined {
    return this.#step.is === 'reconfiguring' ? this.#step.chosen.node : undefined;
  }

  proceed(now: number): void {
    const step = this.#step;
    switch (step.is) {
      case 'standing':
        return this.#stand(now);
      case 'promoting':
        return this.#promote(step, now);
      case 'reconfiguring':
        return this.#reconfigure(step, now);
    }
  }

  #stand(now: number): void {
    const { council, epoch, self } = this.#conduct;
    if (council.leaderOf(this.epoch, epoch) !== self) {
      if (now - this.#standsSince > FAILOVER_TIMEOUT_MS) this.#conduct.aborted();
      return;
    }
    const chosen = this.#best(now);
    if (chosen === undefined) return this.#conduct.aborted();
    this.#conduct.reconfigure(chosen.node, undefined);
    this.#step = { is: 'promoting', chosen, since: now };
  }

  /** Who has heard most of the old primary. */
  #best(now: number): Subject | undefined {
    const { primary, subjects } = this.#conduct;
    const wordMs = primary.isDown ? FRESH_MS : FRESH_MS * 6;
    return subjects
      .filter((subject) => subject !== primary && subject.isFit(now, wordMs))
      .toSorted((a, b) => (b.word?.offset ?? 0) - (a.word?.offset ?? 0))
      .at(0);
  }

  #promote({ chosen, since }: Step & { is: 'promoting' }, now: number): void {
    if (chosen.word !== undefined && chosen.word.primary === undefined) {
      this.#step = { is: 'reconfiguring', chosen, since: now, told: new Set() };
      this.#conduct.promoted(chosen.node, this.epoch);
    } else if (now - since > FAILOVER_TIMEOUT_MS) this.#conduct.aborted();
  }

  #reconfigure({ chosen, since, told }: Step & { is: 'reconfiguring' }, now: number): void {
    const { primary, subjects } = this.#conduct;
    const others = subjects.filter((subject) => subject !== primary && subject !== chosen);
    const follows = ({ word }: Subject): boolean => word?.primary === chosen.node && word.isLinked;
    for (const subject of others) {
      if (told.has(subject.node) || subject.isDown || follows(subject)) continue;
      told.add(subject.node);
      this.#conduct.reconfigure(subject.node, chosen.node);
    }
    if (others.every((subject) => subject.isDown || follows(subject)) || now - since > FAILOVER_TIMEOUT_MS) {
      this.#conduct.finished(chosen.node);
    }
  }
}
