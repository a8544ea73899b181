/** How a benchmark goes, for Prometheus: `http://127.0.0.1:PORT/metrics` while it runs. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Counter, Gauge, Registry } from 'prom-client';
import { InfrastructureError } from '../base/errors.ts';
import type { LiveFigures } from './settings.ts';

export const HIGHEST_PORT = 65_535;

export interface MetricsServer {
  readonly port: number;
  take(figures: LiveFigures): void;
  close(): Promise<void>;
}

/** @param port 0: one that is free. @throws InfrastructureError when it is taken */
export async function openMetrics(port: number): Promise<MetricsServer> {
  const registry = new Registry();
  const of = (name: string, help: string, ...labels: string[]) => ({
    ...{ name: `holdfast_${name}`, help, labelNames: ['lock', ...labels], registers: [registry] },
  });
  const cycles = new Counter(of('cycles_total', 'Finished cycles of acquire and release.'));
  const errors = new Counter(of('errors_total', 'Operations that were not answered as asked.'));
  const waiting = new Gauge(of('waiting', 'Attempts to acquire that are under way.'));
  const rate = new Gauge(of('cycles_per_second', 'Cycles per second of the last moments.'));
  const waits = new Gauge(of('acquire_seconds', 'Waits for a grant in the last moments.', 'quantile'));
  const elapsed = new Gauge(of('elapsed_seconds', 'Since this round of the benchmark began.'));
  const server = createServer((request, response) => {
    if (request.url !== '/metrics') return void response.writeHead(404).end('see /metrics\n');
    void registry.metrics().then((text) => response.writeHead(200, { 'content-type': registry.contentType }).end(text));
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening').catch((cause: unknown) => {
    throw new InfrastructureError(`--metrics-port ${port}: ${String(cause)}`, { cause });
  });
  return {
    port: (server.address() as AddressInfo).port,
    take(figures) {
      const { lock, acquire } = figures;
      cycles.inc({ lock }, figures.cycles);
      errors.inc({ lock }, figures.errors);
      waiting.set({ lock }, figures.waiting);
      rate.set({ lock }, figures.perSecond);
      elapsed.set({ lock }, figures.elapsedMs / 1000);
      for (const [quantile, ms] of [
        ['0.5', acquire.p50],
        ['0.9', acquire.p90],
        ['0.99', acquire.p99],
        ['1', acquire.max],
      ] as const)
        waits.set({ lock, quantile }, ms / 1000);
    },
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
