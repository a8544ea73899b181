/** The keys of one server. Expiry follows the server's wall clock and is seen when a key is next looked at. */
import { RedisError } from './reply.ts';

export type Value = string | Map<string, string> | string[] | Set<string> | SortedSet;

/** Members and their scores. */
export class SortedSet {
  readonly scores = new Map<string, number>();

  /** By score, then by member. */
  sorted(): [string, number][] {
    return [...this.scores].toSorted(([a, x], [b, y]) => x - y || (a < b ? -1 : a > b ? 1 : 0));
  }
}

export interface Entry {
  value: Value;
  /** Milliseconds of the wall clock; `Infinity` for never. */
  expiresAt: number;
}

function copyOf({ value, expiresAt }: Entry): Entry {
  if (typeof value === 'string') return { value, expiresAt };
  if (value instanceof Map) return { value: new Map(value), expiresAt };
  if (value instanceof Set) return { value: new Set(value), expiresAt };
  if (Array.isArray(value)) return { value: [...value], expiresAt };
  const copy = new SortedSet();
  for (const [member, score] of value.scores) copy.scores.set(member, score);
  return { value: copy, expiresAt };
}

const WRONG_TYPE = 'WRONGTYPE Operation against a key holding the wrong kind of value';

export class Keyspace {
  readonly #entries = new Map<string, Entry>();
  readonly #now: () => number;
  /** Told of every key that changes. */
  onChange: (key: string) => void = () => undefined;
  /** Told of every key that is deleted because its time is over. */
  onExpire: (key: string) => void = () => undefined;
  /** As replicas do: what has expired is gone for who looks, and deleted only when the primary says so. */
  keepsExpired = false;

  /** @param now milliseconds of the wall clock; the same for all of a command or script */
  constructor(now: () => number) {
    this.#now = now;
  }

  get now(): number {
    return this.#now();
  }

  get size(): number {
    return this.keys().length;
  }

  keys(): string[] {
    return [...this.#entries.keys()].filter((key) => this.#entry(key) !== undefined);
  }

  /** Those that stay until somebody deletes them. */
  lasting(): string[] {
    return this.keys().filter((key) => this.expiresAt(key) === Infinity);
  }

  value(key: string): Value | undefined {
    return this.#entry(key)?.value;
  }

  has(key: string): boolean {
    return this.#entry(key) !== undefined;
  }

  expiresAt(key: string): number | undefined {
    return this.#entry(key)?.expiresAt;
  }

  string(key: string): string | undefined {
    const value = this.value(key);
    if (value !== undefined && typeof value !== 'string') throw new RedisError(WRONG_TYPE);
    return value;
  }

  hash(key: string): Map<string, string> | undefined {
    const value = this.value(key);
    if (value !== undefined && !(value instanceof Map)) throw new RedisError(WRONG_TYPE);
    return value;
  }

  list(key: string): string[] | undefined {
    const value = this.value(key);
    if (value !== undefined && !Array.isArray(value)) throw new RedisError(WRONG_TYPE);
    return value;
  }

  members(key: string): Set<string> | undefined {
    const value = this.value(key);
    if (value !== undefined && !(value instanceof Set)) throw new RedisError(WRONG_TYPE);
    return value;
  }

  sortedSet(key: string): SortedSet | undefined {
    const value = this.value(key);
    if (value !== undefined && !(value instanceof SortedSet)) throw new RedisError(WRONG_TYPE);
    return value;
  }

  /** Sets it without an expiry, or with the one it had. */
  set(key: string, value: Value, keepExpiry = false): void {
    const expiresAt = keepExpiry ? (this.#entry(key)?.expiresAt ?? Infinity) : Infinity;
    this.#entries.set(key, { value, expiresAt });
    this.onChange(key);
  }

  /** What was changed in place: a collection that is empty is gone. */
  changed(key: string): void {
    const value = this.#entries.get(key)?.value;
    const size = value instanceof SortedSet ? value.scores.size : Array.isArray(value) ? value.length : undefined;
    if (size === 0 || ((value instanceof Map || value instanceof Set) && value.size === 0)) this.#entries.delete(key);
    this.onChange(key);
  }

  /** @param expiresAt milliseconds of the wall clock; one that is not in the future deletes the key */
  expire(key: string, expiresAt: number): boolean {
    const entry = this.#entry(key);
    if (entry === undefined) return false;
    if (expiresAt <= this.now) return this.delete(key);
    entry.expiresAt = expiresAt;
    this.onChange(key);
    return true;
  }

  delete(key: string): boolean {
    const there = this.has(key);
    this.#entries.delete(key);
    if (there) this.onChange(key);
    return there;
  }

  clear(): void {
    for (const key of this.#entries.keys()) this.onChange(key);
    this.#entries.clear();
  }

  /** What is kept of a key, expired or not, to be restored elsewhere. */
  copy(key: string): Entry | undefined {
    const entry = this.#entries.get(key);
    return entry === undefined ? undefined : copyOf(entry);
  }

  /** Of all keys. */
  copies(): (readonly [string, Entry])[] {
    return [...this.#entries].map(([key, entry]) => [key, copyOf(entry)]);
  }

  /** Puts a key in the state that it has elsewhere; `undefined`: it is gone there. */
  restore(key: string, entry: Entry | undefined): void {
    if (entry === undefined) this.#entries.delete(key);
    else this.#entries.set(key, copyOf(entry));
    this.onChange(key);
  }

  #entry(key: string): Entry | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined || this.now <= entry.expiresAt) return entry;
    if (this.keepsExpired) return undefined;
    this.#entries.delete(key);
    this.onExpire(key);
    return undefined;
  }
}
