/** As much of the wire format of Protocol Buffers as the messages of etcd need: varints, bytes and nested messages. */

const VARINT = 0;
const FIXED_64 = 1;
const BYTES = 2;
const FIXED_32 = 5;

/** A message under construction: a field that has its default value is left out, as in proto3. */
export class Message {
  readonly #parts: Uint8Array[] = [];
  #length = 0;

  /** `int64`, `bool` and enumerations, not negative. */
  integer(field: number, value: bigint | number): this {
    if (BigInt(value) === 0n) return this;
    return this.#add(varint((field << 3) | VARINT)).#add(varint(value));
  }

  bytes(field: number, value: Uint8Array | string): this {
    const content = typeof value === 'string' ? Buffer.from(value) : value;
    if (content.length === 0) return this;
    return this.#delimited(field, content);
  }

  /** Nested; also if it is empty. */
  message(field: number, value: Message): this {
    return this.#delimited(field, value.encode());
  }

  /** Bytes of fields, as they are. */
  raw(part: Uint8Array): this {
    return this.#add(part);
  }

  encode(): Buffer {
    return Buffer.concat(this.#parts, this.#length);
  }

  #delimited(field: number, content: Uint8Array): this {
    return this.#add(varint((field << 3) | BYTES))
      .#add(varint(content.length))
      .#add(content);
  }

  #add(part: Uint8Array): this {
    this.#parts.push(part);
    this.#length += part.length;
    return this;
  }
}

function varint(value: bigint | number): Uint8Array {
  const bytes: number[] = [];
  // Lease ids have 63 bits; everything else is small.
  if (typeof value === 'bigint') {
    let rest = value;
    for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
    bytes.push(Number(rest));
  } else {
    let rest = value;
    for (; rest > 0x7f; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80);
    bytes.push(rest);
  }
  return Uint8Array.from(bytes);
}

/** A message that was received; a field that it lacks has its default value. */
export class Received {
  readonly #integers = new Map<number, bigint>();
  readonly #contents = new Map<number, Buffer[]>();

  /** @throws RangeError when it is cut short */
  constructor(bytes: Buffer) {
    let at = 0;
    const readVarint = (): bigint => {
      let value = 0n;
      for (let shift = 0n; ; shift += 7n) {
        const byte = bytes.readUInt8(at++);
        value |= BigInt(byte & 0x7f) << shift;
        if (byte < 0x80) return value;
      }
    };
    while (at < bytes.length) {
      const tag = Number(readVarint());
      const field = tag >> 3;
      const kind = tag & 7;
      if (kind === VARINT) this.#integers.set(field, readVarint());
      else if (kind === FIXED_64) at += 8;
      else if (kind === FIXED_32) at += 4;
      else if (kind === BYTES) {
        const length = Number(readVarint());
        if (at + length > bytes.length) throw new RangeError('a message of etcd is cut short');
        const contents = this.#contents.get(field) ?? [];
        contents.push(bytes.subarray(at, at + length));
        this.#contents.set(field, contents);
        at += length;
      } else throw new RangeError(`a message of etcd has a field of kind ${kind}`);
    }
  }

  has(field: number): boolean {
    return this.#contents.has(field) || this.#integers.has(field);
  }

  integer(field: number): bigint {
    return this.#integers.get(field) ?? 0n;
  }

  text(field: number): string {
    return this.#contents.get(field)?.at(-1)?.toString() ?? '';
  }

  message(field: number): Received {
    return new Received(this.#contents.get(field)?.at(-1) ?? Buffer.alloc(0));
  }

  messages(field: number): Received[] {
    return (this.#contents.get(field) ?? []).map((bytes) => new Received(bytes));
  }
}
