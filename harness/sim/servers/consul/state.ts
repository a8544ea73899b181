/** What Consul keeps, the same on every server: keys with their indexes, and sessions. */

export interface Session {
  readonly id: string;
  readonly ttlMs: number;
  /** Of its keys, when it ends. */
  readonly behavior: 'release' | 'delete';
}

export interface Entry {
  readonly key: string;
  /** Base64, as it was given. */
  readonly value: string | null;
  readonly session: string | undefined;
  readonly lockIndex: number;
  readonly createIndex: number;
  readonly modifyIndex: number;
}

export interface KeyOperation {
  readonly verb: 'lock' | 'get' | 'check-session' | 'delete';
  readonly key: string;
  readonly session: string;
  readonly value: string | null;
}

export type Command =
  | { readonly f: 'create'; readonly session: Session }
  | { readonly f: 'destroy'; readonly id: string }
  | { readonly f: 'transact'; readonly operations: readonly KeyOperation[] };

export interface TransactionResult {
  readonly entries: readonly { readonly entry: Entry; readonly withValue: boolean }[];
  /** By the number of the operation; if there are any, nothing was done. */
  readonly errors: readonly { readonly operation: number; readonly what: string }[];
}

const NOTHING: TransactionResult = { entries: [], errors: [] };

export class State {
  readonly sessions = new Map<string, Session>();
  /** Of the last change of any key. */
  keyIndex = 0;
  /** Told of each key that has changed. */
  onChange: (key: string) => void = () => undefined;
  #entries = new Map<string, Entry>();
  #index = 0;
  #changed = new Set<string>();

  get(key: string): Entry | undefined {
    return this.#entries.get(key);
  }

  apply(command: Command): TransactionResult {
    this.#index += 1;
    const result = this.#run(command);
    const changed = this.#changed;
    this.#changed = new Set();
    if (changed.size > 0) this.keyIndex = this.#index;
    for (const key of changed) this.onChange(key);
    return result;
  }

  reset(): void {
    this.sessions.clear();
    this.#entries.clear();
    this.keyIndex = 0;
    this.#index = 0;
  }

  #run(command: Command): TransactionResult {
    switch (command.f) {
      case 'create':
        this.sessions.set(command.session.id, command.session);
        return NOTHING;
      case 'destroy':
        this.#destroy(command.id);
        return NOTHING;
      case 'transact':
        return this.#transact(command.operations);
    }
  }

  #destroy(id: string): void {
    const session = this.sessions.get(id);
    if (session === undefined) return;
    this.sessions.delete(id);
    for (const entry of [...this.#entries.values()]) {
      if (entry.session !== id) continue;
      if (session.behavior === 'delete') this.#delete(entry.key);
      else this.#put({ ...entry, session: undefined });
    }
  }

  /** All or nothing. */
  #transact(operations: readonly KeyOperation[]): TransactionResult {
    const before = new Map(this.#entries);
    const entries: { entry: Entry; withValue: boolean }[] = [];
    const errors: { operation: number; what: string }[] = [];
    for (const [index, operation] of operations.entries()) {
      const outcome = this.#operate(operation);
      if (typeof outcome === 'string') errors.push({ operation: index, what: outcome });
      else if (outcome !== undefined) entries.push({ entry: outcome, withValue: operation.verb === 'get' });
    }
    if (errors.length === 0) return { entries, errors };
    this.#entries = before;
    this.#changed.clear();
    return { entries: [], errors };
  }

  /** @returns the entry, nothing, or what is wrong */
  #operate({ verb, key, session, value }: KeyOperation): Entry | string | undefined {
    const entry = this.#entries.get(key);
    switch (verb) {
      case 'lock': {
        if (!this.sessions.has(session)) return `invalid session "${session}"`;
        if (entry?.session !== undefined && entry.session !== session) {
          return `failed to lock key "${key}", lock is already held`;
        }
        const held = entry?.session === session ? 0 : 1;
        return this.#put({
          ...{ key, value, session, modifyIndex: this.#index },
          createIndex: entry?.createIndex ?? this.#index,
          lockIndex: (entry?.lockIndex ?? 0) + held,
        });
      }
      case 'get':
        return entry ?? `key "${key}" doesn't exist`;
      case 'check-session':
        if (entry === undefined) return `failed to check session, key "${key}" doesn't exist`;
        if (entry.session === session) return entry;
        return `failed session check for key "${key}", current session "${entry.session ?? ''}" != "${session}"`;
      case 'delete':
        if (entry !== undefined) this.#delete(key);
        return undefined;
    }
  }

  /** What changes nothing leaves the index as it is. */
  #put(entry: Entry): Entry {
    const before = this.#entries.get(entry.key);
    const differs = (field: 'value' | 'session' | 'lockIndex'): boolean => before?.[field] !== entry[field];
    if (before !== undefined && !differs('value') && !differs('session') && !differs('lockIndex')) return before;
    const written = { ...entry, modifyIndex: this.#index };
    this.#entries.set(entry.key, written);
    this.#changed.add(entry.key);
    return written;
  }

  #delete(key: string): void {
    this.#entries.delete(key);
    this.#changed.add(key);
  }
}
