import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import * as api from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { TracedLock } from '../../implementations/decorators/traced/index.ts';
import { LeaseLostError, LockBackendError, type Lease } from '../../implementations/lock.ts';
import { InnerLock } from './inner-lock.ts';

const exporter = new InMemorySpanExporter();
const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });

before(() => {
  api.context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  api.trace.setGlobalTracerProvider(provider);
});
after(async () => {
  api.trace.disable();
  api.context.disable();
  await provider.shutdown();
});
beforeEach(() => exporter.reset());

const told = () =>
  exporter
    .getFinishedSpans()
    .map(({ name, attributes }) => [name, attributes['lock.outcome'] ?? attributes['lock.error']]);

/** Grants with a fencing token, and can take a lease away. */
class Fenced extends InnerLock {
  readonly ending = new AbortController();

  override async acquire(key: string): Promise<Lease> {
    const lease = await super.acquire(key);
    return Object.defineProperties(lease, { fencingToken: { value: 7n }, signal: { value: this.ending.signal } });
  }
}

describe('traced', () => {
  it('tells of wait, hold, renewal and release, with the fence, under the span of who asked', async () => {
    const lock = new TracedLock(new Fenced(), { api, name: 'orders' });
    const lease = await api.trace.getTracer('test').startActiveSpan('request', async (request) => {
      const granted = await lock.acquire('a');
      request.end();
      return granted;
    });
    await lease.renew();
    await lease.release();
    assert.deepEqual(told(), [
      ['lock.wait', 'granted'],
      ['request', undefined],
      ['lock.renew', undefined],
      ['lock.hold', undefined],
      ['lock.release', 'released'],
    ]);
    const spans = exporter.getFinishedSpans();
    const request = spans.find(({ name }) => name === 'request');
    for (const span of spans) {
      if (span === request) continue;
      assert.equal(span.parentSpanContext?.spanId, request?.spanContext().spanId, span.name);
      assert.partialDeepStrictEqual(span.attributes, { 'lock.name': 'orders', 'lock.key': 'a', 'lock.fence': '7' });
    }
  });

  it('tells of busy and of errors by their code, and of no hold then', async () => {
    const lock = new TracedLock(new InnerLock('busy', new LockBackendError('down', 'definite')), { api });
    assert.equal(await lock.tryAcquire('a'), null);
    await assert.rejects(lock.acquire('a'), LockBackendError);
    assert.deepEqual(told(), [
      ['lock.wait', 'busy'],
      ['lock.wait', 'LOCK_BACKEND_UNAVAILABLE'],
    ]);
  });

  it('ends the span of a hold when the lease is lost, and says why', async () => {
    const inner = new Fenced();
    await new TracedLock(inner, { api }).acquire('a');
    inner.ending.abort(new LeaseLostError('gone', 'mismatch'));
    const hold = exporter.getFinishedSpans().find(({ name }) => name === 'lock.hold');
    assert.equal(hold?.attributes['lock.lost'], 'mismatch');
    assert.equal(hold?.status.code, api.SpanStatusCode.ERROR);
  });
});
