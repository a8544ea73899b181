/** A connection to the keeper. */
import { lstatSync, type Stats } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { userInfo } from 'node:os';
import { createInterface } from 'node:readline';
import type { z } from 'zod';
import { InfrastructureError } from '../../base/errors.ts';
import { answerSchema, keptSchema, socketPath, type Answer, type Call, type Kept } from './protocol.ts';

const NOT_A_KEEPER = `what listens at ${socketPath()} does not answer as the keeper of the servers does: end it, or remove the socket`;

/** It answers what it knows at once; what it does takes as long as servers need to stop and to start. */
const KNOWS_WITHIN_MS = 5000;
const ACTS_WITHIN_MS = 120_000;

/**
 * The folder of the socket may be one that others write to, and whoever answers there says which servers are used.
 *
 * @throws InfrastructureError where the socket is not this user's, or where others could have answered by it
 */
function mustBeOwn(path: string): void {
  let socket: Stats;
  try {
    socket = lstatSync(path);
  } catch {
    // That nothing is there is told by connecting to it.
    return;
  }
  const refuse = (why: string): never => {
    throw new InfrastructureError(`${path}, where the keeper of the servers should listen, ${why}: remove it`);
  };
  if (!socket.isSocket()) refuse('is no socket');
  if (socket.uid !== userInfo().uid) refuse(`belongs to user ${socket.uid}`);
  if ((socket.mode & 0o077) !== 0) refuse(`is open to others (mode ${(socket.mode & 0o777).toString(8)})`);
}

function answerOf(line: string): Answer | undefined {
  try {
    return answerSchema.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}

export class KeeperConnection {
  readonly #socket: Socket;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #next = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
    let error = 'the keeper of the servers has ended';
    createInterface({ input: socket }).on('line', (line) => {
      const answer = answerOf(line);
      if (answer === undefined) {
        error = NOT_A_KEEPER;
        socket.destroy();
        return;
      }
      this.#waiting.get(answer.id)?.(answer);
      this.#waiting.delete(answer.id);
    });
    const gone = (): void => {
      for (const [id, settle] of this.#waiting) settle({ id, value: null, error });
      this.#waiting.clear();
    };
    socket.on('error', gone);
    socket.on('close', gone);
  }

  /** `undefined` when nothing was started by "up". @throws InfrastructureError where what listens there is not this user's */
  static async open(): Promise<KeeperConnection | undefined> {
    const path = socketPath();
    mustBeOwn(path);
    return new Promise((resolve) => {
      const socket = connect(path);
      socket.once('connect', () => resolve(new KeeperConnection(socket)));
      socket.once('error', () => resolve(undefined));
    });
  }

  /** @throws InfrastructureError with what the keeper says of it, or when its answer is not of this form */
  async ask<Form extends z.ZodType>(call: Call, form: Form): Promise<z.infer<Form>> {
    const parsed = form.safeParse(await this.call(call));
    if (!parsed.success) throw new InfrastructureError(NOT_A_KEEPER);
    return parsed.data;
  }

  /** @throws InfrastructureError with what the keeper says of it */
  async call(call: Call): Promise<unknown> {
    const id = this.#next++;
    const withinMs = call.do === 'list' || call.do === 'borrow' ? KNOWS_WITHIN_MS : ACTS_WITHIN_MS;
    const answer = await new Promise<Answer>((resolve) => {
      const late = setTimeout(() => {
        this.#waiting.delete(id);
        resolve({ id, value: null, error: `${NOT_A_KEEPER} (nothing within ${withinMs / 1000} s)` });
      }, withinMs);
      this.#waiting.set(id, (said) => {
        clearTimeout(late);
        resolve(said);
      });
      this.#socket.write(`${JSON.stringify({ id, call })}\n`);
    });
    if (answer.error !== undefined) throw new InfrastructureError(answer.error);
    return answer.value;
  }

  /** Gives back what was borrowed on it. */
  close(): void {
    this.#socket.destroy();
  }
}

/** What "up" keeps running; empty when it keeps nothing. */
export async function keptNow(): Promise<Kept[]> {
  const connection = await KeeperConnection.open();
  if (connection === undefined) return [];
  try {
    return await connection.ask({ do: 'list' }, keptSchema.array());
  } finally {
    connection.close();
  }
}
