/** A lock that answers as a test has put down, and writes down what it was asked. */
import { LocalLock } from '../../implementations/baseline/local.ts';
import { DecoratedLock } from '../../implementations/decorators/decorated-lock.ts';
import type { AcquireOptions, Health, Lease, TryAcquireOptions } from '../../implementations/lock.ts';

export interface Asked {
  readonly call: 'acquire' | 'tryAcquire';
  readonly key: string;
  readonly options: AcquireOptions;
}

/** Answers of `script` first: an error, or busy; then a lock of this process. */
export class InnerLock extends DecoratedLock {
  readonly asked: Asked[] = [];
  readonly script: (Error | 'busy')[];
  healthy = true;

  constructor(...script: (Error | 'busy')[]) {
    super(new LocalLock());
    this.script = script;
  }

  override async acquire(key: string, options: AcquireOptions = {}): Promise<Lease> {
    this.asked.push({ call: 'acquire', key, options });
    const next = this.script.shift();
    if (next instanceof Error) throw next;
    return super.acquire(key, options);
  }

  override async tryAcquire(key: string, options: TryAcquireOptions = {}): Promise<Lease | null> {
    this.asked.push({ call: 'tryAcquire', key, options });
    const next = this.script.shift();
    if (next === 'busy') return null;
    if (next !== undefined) throw next;
    return super.tryAcquire(key, options);
  }

  override async health(): Promise<Health> {
    return { ok: this.healthy, latencyMs: 1 };
  }
}
