/** A connection to the keeper. */
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import type { z } from 'zod';
import { InfrastructureError } from '../../base/errors.ts';
import { answerSchema, keptSchema, socketPath, type Answer, type Call, type Kept } from './protocol.ts';

const NOT_A_KEEPER = `what listens at ${socketPath()} does not answer as the keeper of the servers does: end it, or remove the socket`;

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

  /** `undefined` when nothing was started by "up". */
  static open(): Promise<KeeperConnection | undefined> {
    return new Promise((resolve) => {
      const socket = connect(socketPath());
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
    const answer = await new Promise<Answer>((resolve) => {
      this.#waiting.set(id, resolve);
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
