/** A connection to the keeper. */
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { InfrastructureError } from '../../base/errors.ts';
import { answerSchema, keptSchema, socketPath, type Answer, type Call, type Kept } from './protocol.ts';

export class KeeperConnection {
  readonly #socket: Socket;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #next = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
    createInterface({ input: socket }).on('line', (line) => {
      const answer = answerSchema.parse(JSON.parse(line));
      this.#waiting.get(answer.id)?.(answer);
      this.#waiting.delete(answer.id);
    });
    const gone = (): void => {
      for (const [id, settle] of this.#waiting)
        settle({ id, value: null, error: 'the keeper of the servers has ended' });
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
    return keptSchema.array().parse(await connection.call({ do: 'list' }));
  } finally {
    connection.close();
  }
}
