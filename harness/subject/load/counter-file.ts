/**
 * What a lease protects under load: one counter for each key in a file that all workers of the machine share. A read and a
 * write of eight bytes cost microseconds, where the resource process would cost two round trips.
 */
import { closeSync, openSync, readSync, writeFileSync, writeSync } from 'node:fs';

const BYTES = 8;

export class CounterFile {
  readonly #file: number;
  readonly #bytes = Buffer.alloc(BYTES);

  constructor(path: string) {
    this.#file = openSync(path, 'r+');
  }

  /** A file with so many counters, all zero. */
  static create(path: string, counters: number): void {
    writeFileSync(path, Buffer.alloc(counters * BYTES));
  }

  read(counter: number): number {
    readSync(this.#file, this.#bytes, 0, BYTES, counter * BYTES);
    return this.#bytes.readDoubleLE(0);
  }

  write(counter: number, value: number): void {
    this.#bytes.writeDoubleLE(value, 0);
    writeSync(this.#file, this.#bytes, 0, BYTES, counter * BYTES);
  }

  close(): void {
    closeSync(this.#file);
  }
}
