/**
 * Mistake: all readers are one counter with one expiry. A reader with a short lease ends that of one with a long lease;
 * and what a reader that crashed has counted stays for as long as others come.
 * Source: document 001.
 * Must show: sharing violated, without any fault; deadlock-freedom or sharing under client-crash.
 */
import type { Answer, Grant, LeaseRequest } from '../lease/backend.ts';
import { LeaseLock } from '../lease/lease-lock.ts';
import type { ReleaseOutcome } from '../lock.ts';
import { RedisBackend } from '../redis/basic.ts';
import { claims } from '../redis/modules/read-write.ts';
import { commandsOf } from './shared/commands.ts';
import { redisSpecimen } from './shared/redis-specimen.ts';

class OneCounter extends RedisBackend {
  override readonly shares = true;

  override async attempt(request: LeaseRequest): Promise<Answer> {
    const client = commandsOf(this.node);
    const { key, token, mode, leaseMs } = request;
    const [writer, readers] = [this.node.lockKey(key), this.#readers(key)];
    return this.node.run(async () => {
      if (mode === 'shared') {
        if ((await client.exists(writer)) === 1) return { kind: 'busy' };
        await client.multi().incr(readers).pexpire(readers, leaseMs).exec();
        if ((await client.exists(writer)) === 0) return { kind: 'granted' };
        await client.decr(readers);
        return { kind: 'busy' };
      }
      if ((await client.set(writer, token, 'PX', leaseMs, 'NX')) === null) return { kind: 'busy' };
      if (Number((await client.get(readers)) ?? 0) <= 0) return { kind: 'granted' };
      await client.del(writer);
      return { kind: 'busy' };
    });
  }

  override async extend(grant: Grant): Promise<'extended' | 'lost'> {
    if (grant.mode === 'exclusive') return super.extend(grant);
    const client = commandsOf(this.node);
    const kept = await this.node.run(() => client.pexpire(this.#readers(grant.key), grant.leaseMs));
    return kept === 1 ? 'extended' : 'lost';
  }

  override async free(grant: Grant): Promise<ReleaseOutcome> {
    if (grant.mode === 'exclusive') return super.free(grant);
    const client = commandsOf(this.node);
    const left = await this.node.run(() => client.decr(this.#readers(grant.key)));
    if (left <= 0) await this.node.run(() => client.del(this.#readers(grant.key)));
    return 'released';
  }

  override async undo(request: LeaseRequest): Promise<void> {
    if (request.mode === 'exclusive') await super.undo(request);
  }

  #readers(key: string): string {
    return `${this.node.lockKey(key)}:readers`;
  }
}

export const lock = redisSpecimen(
  {
    name: 'rw-one-ttl',
    specimen: {
      mistake: 'all readers are one counter with one expiry',
      source: 'document 001',
      shows: [
        { property: 'sharing', hazards: ['none', 'client-crash'] },
        { property: 'exclusion', hazards: ['none'] },
        { property: 'deadlock-freedom', hazards: ['client-crash'] },
      ],
    },
    claims,
    load: { clientsPerWorker: 2 },
  },
  (options) => new LeaseLock(new OneCounter(options), options),
);
