/** The watches of one member of etcd: each tells of every change of one key from a revision on. */
import { Message, Received } from 'holdfast-locks/internal/etcd/protobuf';
import type { Call, Handler } from '../../http2/server.ts';
import { encodePair, type Change, type Store } from './store.ts';

interface Watch {
  readonly key: string;
  readonly call: Call;
  /** Changes of this revision and later have not been told. */
  next: number;
}

export class Watches {
  readonly #store: Store;
  readonly #open = new Set<Watch>();

  constructor(store: Store) {
    this.#store = store;
  }

  /** Its one request creates the watch. */
  open(call: Call, unsupported: (what: string) => never): Handler {
    let watch: Watch | undefined;
    return {
      message: (content) => {
        const creation = new Received(content).message(1);
        if (creation.text(1) === '' || creation.has(2) || watch !== undefined) {
          unsupported('a watch of etcd on anything but one key is not simulated');
        }
        const start = Number(creation.integer(3));
        watch = { key: creation.text(1), call, next: start === 0 ? this.#store.revision + 1 : start };
        this.#open.add(watch);
        call.reply(this.#store.answer().integer(3, 1).encode());
        this.#tell(watch);
      },
      gone: () => {
        if (watch !== undefined) this.#open.delete(watch);
      },
    };
  }

  /** Something may have changed. */
  tell(): void {
    for (const watch of this.#open) this.#tell(watch);
  }

  clear(): void {
    this.#open.clear();
  }

  #tell(watch: Watch): void {
    const { revision } = this.#store;
    if (revision < watch.next) return;
    const news = this.#since(watch.next).filter(({ pair }) => pair.key === watch.key);
    watch.next = revision + 1;
    if (news.length === 0) return;
    const response = this.#store.answer();
    for (const change of news) response.message(11, encodeChange(change));
    watch.call.reply(response.encode());
  }

  #since(revision: number): Change[] {
    const { changes } = this.#store;
    let first = changes.length;
    while (first > 0 && (changes[first - 1]?.revision ?? 0) >= revision) first -= 1;
    return changes.slice(first);
  }
}

const DELETED = 1;

function encodeChange({ type, pair }: Change): Message {
  return new Message().integer(1, type === 'delete' ? DELETED : 0).message(2, encodePair(pair));
}
