/**
 * A lock that tells OpenTelemetry of each wait, hold, renewal and release. All spans of one lease are children of what was
 * going on when it was asked for, whoever renews or releases it.
 */
import { isLockError, LeaseLostError } from '../../lock.ts';
import type { AcquireOptions, Lease, Lock, ReleaseOutcome, TryAcquireOptions } from '../../lock.ts';
import { DecoratedLock } from '../decorated-lock.ts';
import { LeaseWatch } from '../watched-lease.ts';

type Attributes = Readonly<Record<string, string | number | boolean>>;

interface Span {
  setAttributes(attributes: Attributes): unknown;
  setStatus(status: { readonly code: number; readonly message?: string }): unknown;
  addEvent(name: string, attributes?: Attributes): unknown;
  end(): void;
}

interface Tracer<Context> {
  startSpan(name: string, options: { readonly attributes?: Attributes }, context: Context): Span;
}

/** As much of `@opentelemetry/api` as it takes: give it the module (`import * as api from '@opentelemetry/api'`). */
export interface OpenTelemetryApi<Context> {
  readonly context: {
    active(): Context;
    with<T>(context: Context, work: () => T): T;
  };
  readonly trace: {
    getTracer(name: string): Tracer<Context>;
    setSpan(context: Context, span: never): Context;
  };
}

export interface TracedOptions<Context> {
  readonly api: OpenTelemetryApi<Context>;
  /** What the lock is called in spans. Default `lock`. */
  readonly name?: string;
}

/** `SpanStatusCode.ERROR`. */
const ERROR = 2;

export class TracedLock<Context> extends DecoratedLock {
  readonly #spans: Spans<Context>;

  constructor(inner: Lock, { api, name = 'lock' }: TracedOptions<Context>) {
    super(inner);
    this.#spans = new Spans(api, name);
  }

  override async acquire(key: string, options: AcquireOptions = {}): Promise<Lease> {
    return this.#spans.lease(key, () => this.inner.acquire(key, options));
  }

  override async tryAcquire(key: string, options: TryAcquireOptions = {}): Promise<Lease | null> {
    return this.#spans.lease(key, () => this.inner.tryAcquire(key, options));
  }
}

class Spans<Context> {
  readonly #api: OpenTelemetryApi<Context>;
  readonly #tracer: Tracer<Context>;
  readonly #name: string;

  constructor(api: OpenTelemetryApi<Context>, name: string) {
    this.#api = api;
    this.#tracer = api.trace.getTracer('holdfast-locks');
    this.#name = name;
  }

  async lease<T extends Lease | null>(key: string, ask: () => Promise<T>): Promise<T> {
    const caller = this.#api.context.active();
    const attributes = { 'lock.name': this.#name, 'lock.key': key };
    const lease = await this.within('lock.wait', attributes, caller, ask, (granted) =>
      granted === null ? { 'lock.outcome': 'busy' } : { 'lock.outcome': 'granted', ...fenceOf(granted) },
    );
    if (lease === null) return lease;
    const holding = this.#tracer.startSpan('lock.hold', { attributes: { ...attributes, ...fenceOf(lease) } }, caller);
    // Of the same shape as what was asked for: a lease.
    return new TracedLease(lease, this, holding, { caller, attributes }).watched() as T;
  }

  /** Runs `work` inside a span, which is the active one meanwhile. */
  async within<T>(
    name: string,
    attributes: Attributes,
    parent: Context,
    work: () => Promise<T>,
    outcome: (result: T) => Attributes = () => ({}),
  ): Promise<T> {
    const span = this.#tracer.startSpan(name, { attributes }, parent);
    try {
      const result = await this.#api.context.with(this.#api.trace.setSpan(parent, span as never), work);
      span.setAttributes(outcome(result));
      return result;
    } catch (error) {
      const code = isLockError(error) ? error.code : 'OTHER';
      span.setAttributes({ 'lock.error': code });
      span.setStatus({ code: ERROR, message: code });
      throw error;
    } finally {
      span.end();
    }
  }
}

interface Origin<Context> {
  readonly caller: Context;
  readonly attributes: Attributes;
}

class TracedLease<Context> extends LeaseWatch {
  readonly #spans: Spans<Context>;
  readonly #origin: Origin<Context>;
  #holding: Span | undefined;

  constructor(lease: Lease, spans: Spans<Context>, holding: Span, origin: Origin<Context>) {
    super(lease);
    this.#spans = spans;
    this.#holding = holding;
    this.#origin = origin;
    lease.onRenewed(() => holding.addEvent('renewed'));
    lease.signal.addEventListener('abort', this.#lost, { once: true });
    if (lease.signal.aborted) this.#lost();
  }

  protected override async release(): Promise<ReleaseOutcome> {
    this.lease.signal.removeEventListener('abort', this.#lost);
    this.#end();
    const { attributes, caller } = this.#origin;
    const told = { ...attributes, ...fenceOf(this.lease) };
    return this.#spans.within(
      'lock.release',
      told,
      caller,
      () => this.lease.release(),
      (outcome) => ({
        'lock.outcome': outcome,
      }),
    );
  }

  protected override renew(): Promise<void> {
    const { attributes, caller } = this.#origin;
    return this.#spans.within('lock.renew', { ...attributes, ...fenceOf(this.lease) }, caller, () =>
      this.lease.renew(),
    );
  }

  readonly #lost = (): void => {
    const reason: unknown = this.lease.signal.reason;
    const why = reason instanceof LeaseLostError ? reason.reason : 'lost';
    this.#holding?.setStatus({ code: ERROR, message: why });
    this.#holding?.setAttributes({ 'lock.lost': why });
    this.#end();
  };

  #end(): void {
    this.#holding?.end();
    this.#holding = undefined;
  }
}

/** As a text: it may be larger than a number can say exactly. */
function fenceOf({ fencingToken }: Lease): Attributes {
  return fencingToken === undefined ? {} : { 'lock.fence': String(fencingToken) };
}
