/** A subject that has said hello: its clock is known, it is asked for signs of life, and its moments are on our clock. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ConnectContext } from 'holdfast-locks';
import { describeIssues, shown } from '../../base/issues.ts';
import { monotonicNs } from '../../history/recorder.ts';
import { ContractError } from '../contract-error.ts';
import type { SubjectEnd } from '../stamps.ts';
import { ClockOffset } from './clock.ts';
import { helloSchema, helloTo, PROTOCOL_VERSION, type Feature, type Hello, type SubjectEvent } from './messages.ts';
import { SubjectEnded, SubjectProcess, type Answered, type Command } from './process.ts';

/** A runtime may take seconds to start, on a busy machine. */
const HELLO_WITHIN_MS = 12_000;
const PING_EVERY_MS = 20;
/** A subject that is not heard of for longer than this has stood still. */
const STALL_MS = 40;
/**
 * A fault stops a subject together with its worker. One that stands still while its worker runs was stopped by somebody
 * else, once so many looks in a row have seen it.
 */
const LOOK_EVERY_MS = 100;
const LOOKS = 5;
/** Enough for a good guess at the offset of a clock. */
const FIRST_PINGS = 8;
const KEPT_COSTS = 5000;

/** The call into the library, on our clock: not before `asked`, and over at `answered` at the latest. */
export interface Call {
  readonly asked: bigint;
  readonly answered: bigint;
}

export class SubjectConnection {
  readonly process: SubjectProcess;
  readonly hello: Hello;
  readonly #clock: ClockOffset;
  readonly #pinging: AbortController = new AbortController();
  #onStall: (ms: number) => void = () => undefined;
  #onEvent: (event: SubjectEvent, at: bigint) => void = () => undefined;
  /** When it was last not heard of for too long. */
  #stalledAt = -1n;
  #heardAt = monotonicNs();
  #lastStamp = 0n;
  #pipeUs: number[] = [];
  readonly ended: Promise<SubjectEnd>;

  private constructor(subject: SubjectProcess, hello: Hello) {
    this.process = subject;
    this.hello = hello;
    this.#clock = new ClockOffset(hello.clock === 'monotonic');
    const disagreed = Promise.withResolvers<SubjectEnd>();
    this.#disagree = (message) => disagreed.resolve({ kind: 'outside', message, lastStamp: this.#lastStamp });
    this.ended = Promise.race([
      disagreed.promise,
      subject.ended.then((end) => ({ ...end, lastStamp: this.#lastStamp })),
    ]);
    subject.onEvent = (event) => this.#onEvent(event, this.earliest(event.t));
  }

  readonly #disagree: (message: string) => void;

  /** @throws ContractError */
  static async open(command: Command, context: ConnectContext): Promise<SubjectConnection> {
    const subject = new SubjectProcess(command);
    try {
      const { answer } = await Promise.race([
        subject.ask(helloTo(context)),
        sleep(HELLO_WITHIN_MS, undefined, { ref: false }).then(() => {
          throw new ContractError(`did not answer "hello" within ${HELLO_WITHIN_MS} ms`);
        }),
      ]);
      const connection = new SubjectConnection(subject, helloOf(answer));
      for (let count = 0; count < FIRST_PINGS; count += 1) await connection.#ping();
      void connection.#keepPinging();
      void connection.#keepLooking();
      return connection;
    } catch (cause) {
      await subject.close();
      if (!(cause instanceof SubjectEnded)) throw cause;
      throw new ContractError(cause.message, { cause });
    }
  }

  has(feature: Feature): boolean {
    return this.hello.features.includes(feature);
  }

  onEvent(listener: (event: SubjectEvent, at: bigint) => void): void {
    this.#onEvent = listener;
  }

  onStall(listener: (ms: number) => void): void {
    this.#onStall = listener;
  }

  stalledSince(moment: bigint): boolean {
    return this.#stalledAt >= moment || monotonicNs() - this.#heardAt > BigInt(STALL_MS * 1e6);
  }

  /** The earliest that a moment of the subject's can be, on our clock. */
  earliest(stamp: string): bigint {
    return this.#clock.earliest(BigInt(stamp));
  }

  /** The stamps of an answer, on our clock. @throws SubjectEnded where they cannot be */
  callOf({ answer, sentNs, readNs }: Answered): Call {
    if (answer.t === undefined) throw this.#depart(`answered without "t": ${shown(answer)}`);
    const [began, ended] = [BigInt(answer.t[0]), BigInt(answer.t[1])];
    const asked = this.#clock.latest(began);
    const answered = this.#clock.earliest(ended);
    if (ended < began || answered > readNs || asked < sentNs)
      throw this.#depart(`gave moments that are not between its request and its answer: ${shown(answer)}`);
    this.#hears(answered);
    // Durations, which need no common clock: all that the call took but what it took inside.
    if (this.#pipeUs.length === KEPT_COSTS) this.#pipeUs.length = 0;
    this.#pipeUs.push(Math.max(0, Number(readNs - sentNs - (ended - began)) / 1000));
    return { asked, answered };
  }

  takePipeUs(): number[] {
    const taken = this.#pipeUs;
    this.#pipeUs = [];
    return taken;
  }

  async close(): Promise<void> {
    this.#pinging.abort();
    if (!(await this.process.close())) throw new ContractError('did not exit within 2 s of "bye"');
  }

  #depart(message: string): SubjectEnded {
    this.process.depart(message);
    return new SubjectEnded(message);
  }

  #hears(moment: bigint): void {
    if (moment > this.#lastStamp) this.#lastStamp = moment;
  }

  async #ping(): Promise<void> {
    const before = this.#heardAt;
    const answered = await this.process.ask({ cmd: 'ping' });
    const { answer, sentNs: sent, readNs: read } = answered;
    if (answer.t === undefined) throw this.#depart(`answered a ping without "t": ${shown(answer)}`);
    const ping = { sent, received: BigInt(answer.t[0]), answered: BigInt(answer.t[1]), read };
    if (!this.#clock.narrow(ping)) this.#disagree('its monotonic clock and ours drift apart');
    this.#hears(this.#clock.earliest(ping.answered));
    this.#heardAt = read;
    const gapMs = Number(read - before) / 1e6 - PING_EVERY_MS;
    if (gapMs <= STALL_MS) return;
    this.#stalledAt = read;
    this.#onStall(Math.round(gapMs));
  }

  async #keepPinging(): Promise<void> {
    const { signal } = this.#pinging;
    try {
      while (!signal.aborted) {
        await sleep(PING_EVERY_MS, undefined, { signal, ref: false });
        await this.#ping();
      }
    } catch {
      // Its end is told where it is waited for.
    }
  }

  async #keepLooking(): Promise<void> {
    const { signal } = this.#pinging;
    for (let seen = 0; seen < LOOKS && !signal.aborted; seen = this.process.isStopped() ? seen + 1 : 0)
      await sleep(LOOK_EVERY_MS, undefined, { signal, ref: false }).catch(() => undefined);
    if (!signal.aborted) this.#disagree('its process was stopped, and by nobody here');
  }
}

/** @throws ContractError */
function helloOf(answer: unknown): Hello {
  const { data: hello, error } = helloSchema.safeParse(answer);
  if (hello === undefined) throw new ContractError(`answered "hello" wrongly: ${describeIssues(error)}`);
  if (hello.protocol > PROTOCOL_VERSION)
    throw new ContractError(`answered protocol ${hello.protocol}, where at most ${PROTOCOL_VERSION} was offered`);
  return hello;
}
