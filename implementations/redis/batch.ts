/** Scripts of one turn of the event loop leave in one write: most of what a busy client costs is its single writes. */
import type { RedisClient, RedisPipeline } from './client.ts';

interface Call {
  /** Appends it to a pipeline. */
  readonly append: (pipeline: RedisPipeline) => unknown;
  /** Sends it by itself. */
  readonly send: () => Promise<unknown>;
  readonly resolve: (reply: unknown) => void;
  readonly reject: (error: unknown) => void;
}

export class Batch {
  readonly #client: RedisClient;
  #calls: Call[] = [];

  private constructor(client: RedisClient) {
    this.#client = client;
  }

  static readonly #batches = new WeakMap<RedisClient, Batch>();

  /** One for each client, however many locks share it, so that commands leave in the order in which they were given. */
  static of(client: RedisClient): Batch {
    let batch = Batch.#batches.get(client);
    if (batch === undefined) Batch.#batches.set(client, (batch = new Batch(client)));
    return batch;
  }

  run(
    script: 'eval' | 'evalsha',
    text: string,
    keyCount: number,
    rest: readonly (string | number)[],
  ): Promise<unknown> {
    const send = (): Promise<unknown> => this.#client[script](text, keyCount, ...rest);
    // The commands of a pipeline go to one node, those of a cluster to several.
    if (this.#client.isCluster === true) return send();
    return new Promise((resolve, reject) => {
      const append = (pipeline: RedisPipeline): unknown => pipeline[script](text, keyCount, ...rest);
      if (this.#calls.push({ append, send, resolve, reject }) === 1) process.nextTick(() => this.#flush());
    });
  }

  #flush(): void {
    const calls = this.#calls;
    this.#calls = [];
    const [only] = calls;
    if (calls.length === 1 && only !== undefined) {
      only.send().then(only.resolve, only.reject);
      return;
    }
    const pipeline = this.#client.pipeline();
    for (const { append } of calls) append(pipeline);
    pipeline.exec().then(
      (replies) => {
        for (const [index, { resolve, reject }] of calls.entries()) {
          const [error, reply] = replies?.[index] ?? [new Error('no reply')];
          if (error) reject(error);
          else resolve(reply);
        }
      },
      (error: unknown) => {
        for (const { reject } of calls) reject(error);
      },
    );
  }
}
