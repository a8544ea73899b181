/** One server as a Sentinel sees it: whether it answers, and what it says of itself. Times are of the Sentinel's wall clock. */

/** What a server says of itself when asked (`INFO`). */
export interface Word {
  /** Whom it follows; `undefined`: it is a primary. */
  readonly primary: number | undefined;
  readonly isLinked: boolean;
  readonly offset: number;
}

const PING_EVERY_MS = 1000;
/** As the real ones are started (`harness/backends/servers/redis-sentinel.ts`). */
const DOWN_AFTER_MS = 1000;
/** One that owes an answer for so long is not asked anything else. */
const BUSY_AFTER_MS = 200;

export class Subject {
  readonly node: number;
  #pingedAt = 0;
  #answeredAt: number;
  /** The oldest ping without an answer. */
  #unansweredSince: number | undefined;
  #isDown = false;
  #downSince = -Infinity;
  #word: Word | undefined;
  #heardAt = -Infinity;
  #roleSince = -Infinity;
  #primarySince = -Infinity;

  constructor(node: number, now: number) {
    this.node = node;
    this.#answeredAt = now;
  }

  /** Whether it is to be pinged now. */
  isPingDue(now: number): boolean {
    return now - this.#answeredAt > PING_EVERY_MS && now - this.#pingedAt > PING_EVERY_MS / 2;
  }

  pinged(now: number): void {
    this.#pingedAt = now;
    this.#unansweredSince ??= now;
  }

  /** Its connection is closed: it is pinged as soon as there is another. */
  closed(): void {
    this.#answeredAt = -Infinity;
    this.#pingedAt = -Infinity;
  }

  answered(now: number): void {
    this.#answeredAt = now;
    this.#unansweredSince = undefined;
  }

  /** Whether it is to be asked about itself, when that is done so often. */
  isQuestionDue(now: number, everyMs: number): boolean {
    return now - this.#heardAt > everyMs && !this.#isBusy(now);
  }

  /** Decides whether it is down. */
  judge(now: number): void {
    const isDown = this.#unansweredSince !== undefined && now - this.#unansweredSince > DOWN_AFTER_MS;
    if (isDown && !this.#isDown) this.#downSince = now;
    this.#isDown = isDown;
  }

  get isDown(): boolean {
    return this.#isDown;
  }

  get word(): Word | undefined {
    return this.#word;
  }

  hear(word: Word, now: number): void {
    const before = this.#word;
    this.#word = word;
    this.#heardAt = now;
    if (before === undefined || (before.primary === undefined) !== (word.primary === undefined)) this.#roleSince = now;
    if (before?.primary !== word.primary) this.#primarySince = now;
  }

  /** Whether it says of itself since so long that it is a primary, or the replica of this one. */
  hasHadRole(now: number, forMs: number): boolean {
    return now - (this.#word?.primary === undefined ? this.#roleSince : this.#primarySince) > forMs;
  }

  /** Whether it was not found to be down within so long. */
  isSoundFor(now: number, forMs: number): boolean {
    return now - this.#downSince > forMs;
  }

  /** Whether it may be promoted, its word being at most so old. */
  isFit(now: number, wordMs: number): boolean {
    const answers = !this.#isDown && !this.#isBusy(now) && now - this.#answeredAt <= PING_EVERY_MS * 5;
    return answers && this.#word?.primary !== undefined && now - this.#heardAt <= wordMs;
  }

  /** How it was heard of within so long. */
  wasHeardWithin(now: number, ms: number): boolean {
    return now - this.#heardAt <= ms;
  }

  #isBusy(now: number): boolean {
    return this.#unansweredSince !== undefined && now - this.#unansweredSince > BUSY_AFTER_MS;
  }
}
