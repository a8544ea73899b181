/** Saying commands to a Redis, real or modelled, and reading the raw answers. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { ServerSession } from '../../harness/sim/network/connection.ts';
import type { RedisServer } from '../../harness/sim/servers/redis/server.ts';

export type Answer =
  | string
  | number
  | null
  | boolean
  | { readonly error: string }
  | { readonly status: string }
  | { readonly double: number }
  | { readonly map: readonly Answer[] }
  | readonly Answer[];

export interface Talk {
  /** One answer for each command, in order. */
  say(commands: readonly (readonly string[])[]): Promise<readonly Answer[]>;
}

function encodeRequest(words: readonly string[]): Buffer {
  const parts = words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`);
  return Buffer.from(`*${words.length}\r\n${parts.join('')}`);
}

/** Reads the answers that are complete. */
class AnswerReader {
  #bytes = Buffer.alloc(0);

  feed(chunk: Buffer): Answer[] {
    this.#bytes = Buffer.concat([this.#bytes, chunk]);
    const answers: Answer[] = [];
    for (;;) {
      const read = readAnswer(this.#bytes, 0);
      if (read === undefined) return answers;
      answers.push(read.answer);
      this.#bytes = this.#bytes.subarray(read.end);
    }
  }
}

function readAnswer(bytes: Buffer, from: number): { readonly answer: Answer; readonly end: number } | undefined {
  const lineEnd = bytes.indexOf('\r\n', from);
  if (lineEnd < 0) return undefined;
  const line = bytes.toString('utf8', from + 1, lineEnd);
  const end = lineEnd + 2;
  switch (String.fromCharCode(bytes[from] ?? 0)) {
    case '+':
      return { answer: { status: line }, end };
    case '-':
      return { answer: { error: line }, end };
    case ':':
      return { answer: Number(line), end };
    case ',':
      return { answer: { double: line === 'inf' ? Infinity : line === '-inf' ? -Infinity : Number(line) }, end };
    case '_':
      return { answer: null, end };
    case '#':
      return { answer: line === 't', end };
    case '$': {
      const length = Number(line);
      if (length < 0) return { answer: null, end };
      if (bytes.length < end + length + 2) return undefined;
      return { answer: bytes.toString('utf8', end, end + length), end: end + length + 2 };
    }
    case '*':
    case '~':
    case '>':
      return Number(line) < 0 ? { answer: null, end } : readList(bytes, end, Number(line));
    case '%': {
      const list = readList(bytes, end, Number(line) * 2);
      return list === undefined ? undefined : { answer: { map: list.answer }, end: list.end };
    }
    default:
      throw new Error(`no answer: ${bytes.toString('utf8', from, from + 40)}`);
  }
}

function readList(bytes: Buffer, from: number, count: number): { answer: Answer[]; end: number } | undefined {
  const answer: Answer[] = [];
  let end = from;
  for (let index = 0; index < count; index += 1) {
    const read = readAnswer(bytes, end);
    if (read === undefined) return undefined;
    answer.push(read.answer);
    end = read.end;
  }
  return { answer, end };
}

export class RealTalk implements Talk, AsyncDisposable {
  readonly #socket: Socket;

  private constructor(socket: Socket) {
    this.#socket = socket;
  }

  static async open(port: number): Promise<RealTalk> {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true });
    await once(socket, 'connect');
    return new RealTalk(socket);
  }

  async say(commands: readonly (readonly string[])[]): Promise<readonly Answer[]> {
    const reader = new AnswerReader();
    const answers: Answer[] = [];
    const { promise, resolve } = Promise.withResolvers<void>();
    const hear = (chunk: Buffer): void => {
      answers.push(...reader.feed(chunk));
      if (answers.length >= commands.length) resolve();
    };
    this.#socket.on('data', hear);
    this.#socket.write(Buffer.concat(commands.map(encodeRequest)));
    await promise;
    this.#socket.off('data', hear);
    return answers;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.destroy();
    await once(this.#socket, 'close');
  }
}

export class ModelTalk implements Talk {
  readonly #session: ServerSession;
  readonly #said: Buffer[] = [];

  constructor(server: RedisServer) {
    this.#session = server.connect({ reply: (bytes) => this.#said.push(bytes), hangUp: () => undefined });
  }

  async say(commands: readonly (readonly string[])[]): Promise<readonly Answer[]> {
    for (const command of commands) this.#session.receive(encodeRequest(command));
    return new AnswerReader().feed(Buffer.concat(this.#said));
  }
}
