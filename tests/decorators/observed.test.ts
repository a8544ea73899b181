import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics';
import { build } from 'hdr-histogram-js';
import { Registry } from 'prom-client';
import { LocalLock } from '../../implementations/baseline/local.ts';
import {
  LockMetrics,
  ObservedLock,
  observeOpenTelemetry,
  plainPattern,
  registerPrometheus,
} from '../../implementations/decorators/observed/index.ts';
import { LockBackendError, type Lease } from '../../implementations/lock.ts';
import { VirtualClock } from '../implementations/lease/virtual-time.ts';
import { InnerLock } from './inner-lock.ts';

const histogram = () => build({ highestTrackableValue: 600_000_000, numberOfSignificantValueDigits: 2 });

class Collected extends MetricReader {
  protected override onForceFlush = () => Promise.resolve();
  protected override onShutdown = () => Promise.resolve();
}

describe('observed', () => {
  it('counts every attempt once, by what came of it', async () => {
    const lock = new ObservedLock(new InnerLock('busy', new LockBackendError('down', 'definite')));
    assert.equal(await lock.tryAcquire('order:1'), null);
    await assert.rejects(lock.acquire('order:2'));
    const lease = await lock.acquire('order:3');
    await assert.rejects(lock.acquire('order:3', { timeoutMs: 1 }));
    const [series] = lock.metrics.series();
    assert.partialDeepStrictEqual(series, {
      pattern: 'order:*',
      attempts: 4,
      grants: 1,
      busy: 1,
      timeouts: 1,
      active: 1,
      waiting: 0,
    });
    assert.equal(series?.errors.get('LOCK_BACKEND_UNAVAILABLE'), 1);
    await lease.release();
    await lease.release();
    assert.partialDeepStrictEqual(series, { active: 0, losses: 0 });
    assert.deepEqual([...(series?.releases ?? [])], [['released', 1]]);
    assert.deepEqual([series?.wait.count, series?.hold.count], [1, 1]);
  });

  it('measures a hold to the call of release, and a wait to the grant', async () => {
    const clock = new VirtualClock();
    const lock = new ObservedLock(new LocalLock(), { clock });
    const first = await lock.acquire('a');
    const waiting = lock.acquire('a');
    await clock.advance(300);
    await first.release();
    const second = await waiting;
    const [series] = lock.metrics.series();
    assert.equal(series?.hold.sumMs, 300);
    assert.equal(series?.wait.sumMs, 300);
    await second.release();
  });

  it('finds a lease that was lost and is never released, and counts it once', async () => {
    let remainingMs = 10;
    class Losing extends InnerLock {
      override async acquire(key: string): Promise<Lease> {
        const lease = await super.acquire(key);
        lease.remainingMs = () => remainingMs;
        lease.release = () => Promise.resolve('lost');
        return lease;
      }
    }
    const lock = new ObservedLock(new Losing());
    const lease = await lock.acquire('a');
    assert.partialDeepStrictEqual(lock.metrics.series()[0], { active: 1, losses: 0 });
    remainingMs = 0;
    assert.partialDeepStrictEqual(lock.metrics.series()[0], { active: 0, losses: 1 });
    await lease.release();
    assert.partialDeepStrictEqual(lock.metrics.series()[0], { active: 0, losses: 1 });
  });

  it('leaves the lease what it is but for what it counts', async () => {
    const lock = new ObservedLock(new LocalLock());
    await using lease = await lock.acquire('a');
    assert.equal(lease.key, 'a');
    assert.ok(lease.remainingMs() > 0 && lease.signal instanceof AbortSignal);
    await lease.renew();
  });

  it('tells apart so many patterns, and counts the others together', () => {
    assert.equal(plainPattern('order:1234:line:9'), 'order:*:line:*');
    assert.equal(plainPattern('u/6f1c0a52-58cc-4372-a567-0e02b2c3d479'), 'u/*');
    const metrics = new LockMetrics({ mostPatterns: 2 });
    const of = metrics.of('lock');
    for (const key of ['a', 'b', 'c', 'd']) of(key).attempts += 1;
    assert.deepEqual(
      metrics.series().map(({ pattern, attempts }) => [pattern, attempts]),
      [
        ['a', 1],
        ['b', 1],
        ['other', 2],
      ],
    );
  });

  it('tells Prometheus and OpenTelemetry the same', async () => {
    const metrics = new LockMetrics({ histogram });
    const lock = new ObservedLock(new LocalLock(), { metrics, name: 'orders' });
    await (await lock.acquire('order:1')).release();
    const registry = new Registry();
    registerPrometheus(metrics, registry);
    const text = await registry.metrics();
    assert.match(text, /^# TYPE holdfast_lock_wait_seconds histogram$/m);
    assert.match(text, /^holdfast_lock_grants_total\{lock="orders",pattern="order:\*"\} 1$/m);
    assert.match(text, /^holdfast_lock_wait_seconds_bucket\{lock="orders",pattern="order:\*",le="\+Inf"\} 1$/m);
    assert.match(text, /^holdfast_lock_hold_quantile_seconds\{lock="orders",pattern="order:\*",quantile="0.99"\} /m);
    const reader = new Collected();
    const provider = new MeterProvider({ readers: [reader] });
    observeOpenTelemetry(metrics, provider.getMeter('test'));
    const { resourceMetrics } = await reader.collect();
    const told = resourceMetrics.scopeMetrics.flatMap(({ metrics: all }) => all);
    const grants = told.find(({ descriptor }) => descriptor.name === 'holdfast_lock_grants');
    assert.deepEqual(
      grants?.dataPoints.map(({ value, attributes }) => [value, attributes]),
      [[1, { lock: 'orders', pattern: 'order:*' }]],
    );
    assert.ok(told.some(({ descriptor }) => descriptor.name === 'holdfast_lock_wait_seconds_count'));
    await provider.shutdown();
  });
});
