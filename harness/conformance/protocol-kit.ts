/** Plays the worker badly with a subject: does it keep the protocol in every corner, not only in the middle? */
import { setTimeout as sleep } from 'node:timers/promises';
import { describeIssues, shown } from '../base/issues.ts';
import type { ConnectContext } from 'holdfast-locks';
import { ContractError } from '../subject/contract-error.ts';
import { helloSchema, helloTo, type Answer, type Feature, type Question } from '../subject/protocol/messages.ts';
import { EXITS_WITHIN_MS, SubjectProcess, type Command } from '../subject/protocol/process.ts';
import type { CaseResult } from './suite.ts';

/** What needs no waiting is answered within this, on a busy machine too. */
const AT_ONCE_MS = 3000;
/** A runtime may take long to start, on a busy machine, and nothing is judged by it. */
const STARTS_WITHIN_MS = 60_000;
const LEASE_MS = 2000;
const LONG_WAIT_MS = 20_000;
const STOPPED_MS = 300;
const MEBIBYTE = 1 << 20;

export interface KitRequest {
  readonly command: Command;
  readonly context: Omit<ConnectContext, 'signal'>;
  readonly recoverMs: number;
}

/** One process that has said hello, and a worker that does as it likes. */
class Played {
  readonly process: SubjectProcess;
  readonly #prefix: string;
  #leases = 0;
  features: readonly string[] = [];

  constructor(command: Command, prefix: string) {
    this.process = new SubjectProcess(command);
    this.#prefix = prefix;
  }

  async hello(context: KitRequest['context']): Promise<void> {
    const { data, error } = helloSchema.safeParse(await this.ask(helloTo(context), STARTS_WITHIN_MS));
    if (data === undefined) throw new ContractError(`"hello" is answered wrongly: ${describeIssues(error)}`);
    this.features = data.features;
  }

  /** Of every line that is answered at once. */
  ask(question: object, withinMs = AT_ONCE_MS): Promise<Answer> {
    return this.send(question, withinMs).answer;
  }

  send(question: object, withinMs = AT_ONCE_MS): { readonly id: number; readonly answer: Promise<Answer> } {
    const { cmd } = question as { readonly cmd: string };
    const { id, answered } = this.process.begin(question as Question);
    const answer = Promise.race([
      answered.then((one) => one.answer),
      sleep(withinMs, undefined, { ref: false }).then(() => {
        throw new ContractError(`${shown(cmd)} has no answer after ${withinMs} ms`);
      }),
    ]);
    answer.catch(() => undefined);
    return { id, answer };
  }

  acquire(
    key: string,
    waitMs: number,
  ): { readonly id: number; readonly lease: string; readonly answer: Promise<Answer> } {
    const lease = `kit-${this.#leases++}`;
    const asked = { lease, key: `${this.#prefix}${key}`, leaseMs: LEASE_MS, waitMs };
    return { lease, ...this.send({ cmd: 'acquire', ...asked, renew: false, mode: 'exclusive' }, waitMs + AT_ONCE_MS) };
  }

  async granted(key: string): Promise<string> {
    const { lease, answer } = this.acquire(key, LONG_WAIT_MS);
    const { ok, t, code } = await answer;
    expect(ok, `a key that nobody holds is refused: ${code}`);
    expect(t !== undefined, 'a grant has no "t"');
    return lease;
  }

  release(lease: string): Promise<Answer> {
    return this.ask({ cmd: 'release', lease });
  }

  async exitsWithin(ms: number, after: string): Promise<void> {
    const exited = await Promise.race([this.process.exited.then(() => true), sleep(ms, false, { ref: false })]);
    expect(exited, `it does not exit within ${ms} ms of ${after}`);
  }
}

interface KitCase {
  /** What holds when it passes. */
  readonly name: string;
  readonly needs?: Feature;
  run(played: Played, start: () => Promise<Played>, request: KitRequest): Promise<void>;
}

function expect(condition: boolean, otherwise: string): asserts condition {
  if (!condition) throw new ContractError(otherwise);
}

const KIT: readonly KitCase[] = [
  {
    name: 'it says hello, in a version that was offered',
    run: async () => undefined,
  },
  {
    name: 'a ping is answered with two moments in order',
    run: async (played) => {
      const { t } = await played.ask({ cmd: 'ping' });
      expect(t !== undefined, 'the answer has no "t"');
      expect(BigInt(t[0]) <= BigInt(t[1]), `it is sent before it was received: ${t.join(', ')}`);
    },
  },
  {
    name: 'an unknown command is answered "unsupported", and what comes after it as ever',
    run: async (played) => {
      const { ok, code } = await played.ask({ cmd: 'of-a-later-version' });
      expect(!ok && code === 'unsupported', `it is answered ${shown({ ok, code })}`);
      await played.ask({ cmd: 'ping' });
    },
  },
  {
    name: 'unknown fields are passed over, in a line of 1 MiB too',
    run: async (played) => {
      expect((await played.ask({ cmd: 'ping', padding: 'x'.repeat(MEBIBYTE) })).ok, 'the ping is refused');
    },
  },
  {
    name: 'a lease is released, and its key is free again',
    run: async (played) => {
      const { ok, outcome } = await played.release(await played.granted('free'));
      expect(ok && (outcome === 'released' || outcome === 'done'), `the release is answered ${shown({ ok, outcome })}`);
      await played.granted('free');
    },
  },
  {
    name: 'with waitMs 0 there is one attempt, answered at once',
    run: async (played) => {
      await played.granted('once');
      const { ok, code } = await played.acquire('once', 0).answer;
      expect(!ok && (code === 'busy' || code === 'timeout'), `a key that is held is answered ${shown({ ok, code })}`);
    },
  },
  {
    name: 'a wait in vain ends when its time is over',
    run: async (played) => {
      await played.granted('vain');
      const { ok, code } = await played.acquire('vain', 300).answer;
      expect(!ok, 'a key that is held is granted twice');
      expect(code === 'timeout' || code === 'busy', `it is answered ${shown(code)}`);
    },
  },
  {
    name: 'while one request waits, others are answered',
    run: async (played) => {
      const held = await played.granted('waited for');
      const waiting = played.acquire('waited for', LONG_WAIT_MS);
      await played.ask({ cmd: 'ping' });
      await played.release(await played.granted('another'));
      await played.release(held);
      expect((await waiting.answer).ok, 'who waited is not granted what was released');
    },
  },
  {
    name: 'the release of a lease that was never granted is answered, and not "released"',
    run: async (played) => {
      const { outcome } = await played.release('kit-unheard-of');
      expect(outcome !== 'released', 'it is answered "released"');
    },
  },
  {
    name: 'a lease that is held is "held", and one that was released is not',
    needs: 'held',
    run: async (played) => {
      const lease = await played.granted('asked of');
      expect((await played.ask({ cmd: 'held', lease })).held === true, 'it is not held right after its grant');
      await played.release(lease);
      const after = await played.ask({ cmd: 'held', lease });
      expect(after.held !== true, 'it is held after its release');
    },
  },
  {
    name: 'an abort ends a wait; before, during and after a grant every request has one answer',
    needs: 'abort',
    run: async (played) => {
      const early = played.acquire('early', LONG_WAIT_MS);
      await played.ask({ cmd: 'abort', of: early.id });
      if ((await early.answer).ok) await played.release(early.lease);
      const held = await played.granted('aborted');
      const waiting = played.acquire('aborted', LONG_WAIT_MS);
      await sleep(50);
      await played.ask({ cmd: 'abort', of: waiting.id });
      const answer = await Promise.race([waiting.answer, sleep(AT_ONCE_MS, undefined, { ref: false })]);
      expect(answer !== undefined, `the wait goes on for ${AT_ONCE_MS} ms`);
      expect(!answer.ok, 'it is granted what is held');
      await played.ask({ cmd: 'abort', of: waiting.id });
      expect((await played.release(held)).ok, 'the lease that was held is lost');
    },
  },
  {
    name: 'one that was stopped and continued answers what came meanwhile',
    run: async (played) => {
      played.process.signal('SIGSTOP');
      const ping = played.send({ cmd: 'ping' }, STOPPED_MS + AT_ONCE_MS);
      const acquire = played.acquire('stopped', 0);
      await sleep(STOPPED_MS);
      played.process.signal('SIGCONT');
      await ping.answer;
      expect((await acquire.answer).ok, 'a key that nobody holds is refused');
    },
  },
  {
    name: 'it exits when it is told "bye"',
    run: async (played) => {
      const inTime = await played.process.close();
      expect(inTime, `it does not exit within ${EXITS_WITHIN_MS} ms of "bye"`);
    },
  },
  {
    name: 'it exits when its input ends while it holds, and its key is free after the lease',
    run: async (played, start, { recoverMs }) => {
      await played.granted('left behind');
      played.process.endInput();
      await played.exitsWithin(EXITS_WITHIN_MS, 'the end of its input');
      const other = await start();
      const withinMs = LEASE_MS + recoverMs;
      const { ok } = await other.acquire('left behind', withinMs).answer;
      expect(ok, `its key is not free ${withinMs} ms after its process has ended`);
    },
  },
];

/** @returns a result for each, in order; nothing that was started is left */
export async function runKit(request: KitRequest, onResult: (result: CaseResult) => void): Promise<CaseResult[]> {
  const results: CaseResult[] = [];
  for (const [place, one] of KIT.entries()) {
    const result = await runOne(request, one, place);
    results.push(result);
    onResult(result);
    // Who does not say hello says nothing.
    if (place === 0 && result.outcome === 'failed') break;
  }
  return results;
}

async function runOne(request: KitRequest, one: KitCase, place: number): Promise<CaseResult> {
  const began = performance.now();
  const started: Played[] = [];
  const start = async (): Promise<Played> => {
    const played = new Played(request.command, `${request.context.prefix}kit-${place}:`);
    started.push(played);
    await played.hello(request.context);
    return played;
  };
  const result = (outcome: CaseResult['outcome'], detail?: string): CaseResult => ({
    ...{ name: one.name, outcome, elapsedMs: Math.round(performance.now() - began) },
    ...(detail === undefined ? {} : { detail }),
  });
  try {
    const played = await start();
    if (one.needs !== undefined && !played.features.includes(one.needs))
      return result('not applicable', `its hello does not declare "${one.needs}"`);
    await one.run(played, start, request);
    return result('passed');
  } catch (error) {
    return result('failed', error instanceof Error ? error.message : String(error));
  } finally {
    await Promise.all(started.map((played) => played.process.kill()));
  }
}
