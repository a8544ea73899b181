/** What Redis answers, and how it is written in RESP2 and RESP3. Strings hold one byte in each character. */

/** A simple string, such as `OK`. */
export class Status {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** An error; the first word is its code. */
export class RedisError extends Error {
  override readonly name = 'RedisError';
}

/** RESP3 knows these; RESP2 gets a flat array, a bulk string, an array. */
export class MapReply {
  readonly entries: readonly (readonly [Reply, Reply])[];

  constructor(entries: readonly (readonly [Reply, Reply])[]) {
    this.entries = entries;
  }
}

export class DoubleReply {
  readonly value: number;

  constructor(value: number) {
    this.value = value;
  }
}

/** Members with their scores: pairs in RESP3, one after the other in RESP2. */
export class ScoresReply {
  readonly pairs: readonly (readonly [string, number])[];

  constructor(pairs: readonly (readonly [string, number])[]) {
    this.pairs = pairs;
  }

  get flat(): readonly Reply[] {
    return this.pairs.flatMap(([member, score]) => [member, new DoubleReply(score)]);
  }
}

export class SetReply {
  readonly members: readonly string[];

  constructor(members: readonly string[]) {
    this.members = members;
  }
}

/** Out of turn, for subscribers. */
export class PushReply {
  readonly parts: readonly Reply[];

  constructor(parts: readonly Reply[]) {
    this.parts = parts;
  }
}

/** A string is a bulk string, a number an integer. */
export type Reply =
  | string
  | number
  | null
  | Status
  | RedisError
  | MapReply
  | DoubleReply
  | ScoresReply
  | SetReply
  | PushReply
  | readonly Reply[];

export const OK = new Status('OK');

export type Protocol = 2 | 3;

export function encode(reply: Reply, protocol: Protocol): string {
  if (typeof reply === 'string') return `$${reply.length}\r\n${reply}\r\n`;
  if (typeof reply === 'number') return `:${reply}\r\n`;
  if (reply === null) return protocol === 3 ? '_\r\n' : '$-1\r\n';
  if (reply instanceof Status) return `+${reply.text}\r\n`;
  if (reply instanceof RedisError) return `-${reply.message.replaceAll(/[\r\n]/g, ' ')}\r\n`;
  if (reply instanceof DoubleReply) {
    const text = formatDouble(reply.value);
    return protocol === 3 ? `,${text}\r\n` : encode(text, protocol);
  }
  if (reply instanceof MapReply) {
    const parts = reply.entries.map(([key, value]) => encode(key, protocol) + encode(value, protocol)).join('');
    return protocol === 3 ? `%${reply.entries.length}\r\n${parts}` : `*${reply.entries.length * 2}\r\n${parts}`;
  }
  if (reply instanceof ScoresReply) {
    if (protocol === 2) return list('*', reply.flat, protocol);
    return list(
      '*',
      reply.pairs.map(([member, score]) => [member, new DoubleReply(score)]),
      protocol,
    );
  }
  if (reply instanceof SetReply) return list(protocol === 3 ? '~' : '*', reply.members, protocol);
  if (reply instanceof PushReply) return list(protocol === 3 ? '>' : '*', reply.parts, protocol);
  return list('*', reply, protocol);
}

function list(mark: string, parts: readonly Reply[], protocol: Protocol): string {
  let text = `${mark}${parts.length}\r\n`;
  for (const part of parts) text += encode(part, protocol);
  return text;
}

/** As Redis writes scores: 17 significant digits at most, no exponent for whole numbers. */
export function formatDouble(value: number): string {
  if (value === Infinity) return 'inf';
  if (value === -Infinity) return '-inf';
  return Number.isInteger(value) && Math.abs(value) < 1e17 ? String(value) : String(value).replace('e+', 'e+');
}
