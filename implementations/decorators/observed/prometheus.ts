/** The metrics in a registry of `prom-client`, read when it is scraped. */
import { FAMILIES, familiesOf } from './families.ts';
import type { Family } from './families.ts';
import type { LockMetrics } from './metrics.ts';

/** As much of a `Registry` of `prom-client` as it takes. */
export interface PrometheusRegistry {
  registerMetric(metric: never): void;
}

/** What a registry asks of a metric. */
interface Scraped {
  readonly name: string;
  readonly help: string;
  readonly type: Family['type'];
  readonly aggregator: 'sum';
  readonly values: readonly {
    readonly labels: Family['samples'][number]['labels'];
    readonly value: number;
    readonly metricName: string;
  }[];
}

/** Adds every metric to `registry`; to be called once for each registry. */
export function registerPrometheus(metrics: LockMetrics, registry: PrometheusRegistry): void {
  for (const [name, type, help] of FAMILIES) {
    const get = (): Promise<Scraped> => Promise.resolve(scraped(metrics, name));
    const metric = { ...{ name, help, type, aggregator: 'sum' }, get, getForPromString: get, reset: () => undefined };
    registry.registerMetric(metric as never);
  }
}

function scraped(metrics: LockMetrics, wanted: string): Scraped {
  const family = familiesOf(metrics).find(({ name }) => name === wanted);
  if (family === undefined) throw new RangeError(`there is no metric ${wanted}`);
  const { name, help, type, samples } = family;
  const values = samples.map(({ labels, value, suffix = '' }) => ({ labels, value, metricName: `${name}${suffix}` }));
  return { name, help, type, aggregator: 'sum', values };
}
