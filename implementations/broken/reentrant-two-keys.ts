/**
 * Mistake: the owner and the count of its entries are two keys, and entering again raises the count without extending the owner's
 * expiry: the lease of the second entry is believed in for longer than the owner's key lasts.
 * Source: document 002, whose reentrant lock is called fit for production.
 * Must show: exclusion violated under latency.
 */
import type { Answer, Grant, LeaseBackend, LeaseRequest } from '../lease/backend.ts';
import { LeaseLock } from '../lease/lease-lock.ts';
import type { ReleaseOutcome } from '../lock.ts';
import { RedisBackend } from '../redis/basic.ts';
import { claims } from '../redis/modules/reentrant.ts';
import { commandsOf } from './shared/commands.ts';
import { redisSpecimen } from './shared/redis-specimen.ts';

class TwoKeys extends RedisBackend {
  readonly #client = commandsOf(this.node);

  override async attempt(request: LeaseRequest): Promise<Answer> {
    const { owner, count } = this.#keysOf(request);
    const name = ownerOf(request);
    const taken = await this.node.run(() => this.#client.set(owner, name, 'PX', request.leaseMs, 'NX'));
    if (taken === 'OK') {
      await this.node.run(() => this.#client.set(count, 1));
      return { kind: 'granted' };
    }
    if ((await this.node.run(() => this.#client.get(owner))) !== name) return { kind: 'busy' };
    await this.node.run(() => this.#client.incr(count));
    return { kind: 'granted' };
  }

  override async extend(grant: Grant): ReturnType<LeaseBackend['extend']> {
    const { owner } = this.#keysOf(grant);
    if ((await this.node.run(() => this.#client.get(owner))) !== ownerOf(grant)) return 'lost';
    return (await this.node.run(() => this.#client.pexpire(owner, grant.leaseMs))) === 1 ? 'extended' : 'lost';
  }

  override async free(grant: Grant): Promise<ReleaseOutcome> {
    const { owner, count } = this.#keysOf(grant);
    if ((await this.node.run(() => this.#client.get(owner))) !== ownerOf(grant)) return 'lost';
    const entries = Number(await this.node.run(() => this.#client.get(count)));
    if (entries > 1) await this.node.run(() => this.#client.decr(count));
    else await this.node.run(() => this.#client.del(owner, count));
    return entries > 0 ? 'released' : 'lost';
  }

  override async undo(request: LeaseRequest): Promise<void> {
    await this.free({ ...request, fencingToken: undefined });
  }

  #keysOf({ key }: { readonly key: string }): { readonly owner: string; readonly count: string } {
    const owner = this.node.lockKey(key);
    return { owner, count: `${owner}:count` };
  }
}

const ownerOf = ({ owner, token }: Pick<LeaseRequest, 'owner' | 'token'>): string => owner ?? token;

const { fencing: _, ...unfenced } = claims;

export const lock = redisSpecimen(
  {
    name: 'reentrant-two-keys',
    specimen: {
      mistake: 'owner and count are two keys, and entering again does not extend the lease',
      source: 'document 002',
      shows: [{ property: 'exclusion', hazards: ['latency'] }],
    },
    claims: unfenced,
  },
  (options) => new LeaseLock(new TwoKeys(options), options),
);
