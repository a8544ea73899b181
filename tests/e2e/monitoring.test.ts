/** Alerts and dashboard with a real Prometheus that scrapes a service with `observed` locks. */
import assert from 'node:assert/strict';
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import getPort from 'get-port';
import { build } from 'hdr-histogram-js';
import { Registry } from 'prom-client';
import { parse } from 'yaml';
import { LocalLock } from '../../implementations/baseline/local.ts';
import { LockMetrics, ObservedLock, registerPrometheus } from '../../implementations/decorators/observed/index.ts';
import { ALERT_FORMATS, ALERTS, alertsAs } from '../../harness/commands/alerts.ts';
import { ROOT } from './program.ts';

const MONITORING = join(ROOT, 'docs', 'monitoring');
const FILES = {
  prometheus: 'holdfast.rules.yml',
  alertmanager: 'alertmanager.yml',
  grafana: 'dashboard.json',
} as const;

void it('alerts: the files in docs/monitoring are what the command prints, and promtool accepts the rules', async () => {
  for (const format of ALERT_FORMATS)
    assert.equal(readFileSync(join(MONITORING, FILES[format]), 'utf8'), alertsAs(format), `holdfast alerts ${format}`);
  const { stdout } = await promisify(execFile)('promtool', ['check', 'rules', join(MONITORING, FILES.prometheus)]);
  assert.match(stdout, new RegExp(`SUCCESS: ${ALERTS.length} rules found`));
  const routes = parse(alertsAs('alertmanager')) as { inhibit_rules: object[]; receivers: { name: string }[] };
  assert.deepEqual(
    routes.receivers.map(({ name }) => name),
    ['page', 'ticket'],
  );
  assert.equal(routes.inhibit_rules.length, ALERTS.filter(({ explainedBy }) => explainedBy !== undefined).length);
});

void it('alerts and dashboard: Prometheus loads the rules, sees failures, and has an answer for every panel', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-prometheus-'));
  const metrics = new LockMetrics({ histogram: () => build({ highestTrackableValue: 600_000_000 }) });
  const registry = new Registry();
  registerPrometheus(metrics, registry);
  const service = createServer((_, response) => void registry.metrics().then((text) => response.end(text)));
  service.listen(0, '127.0.0.1');
  await once(service, 'listening');
  const port = await getPort({ host: '127.0.0.1', port: [21_090, 21_091, 21_092, 21_093, 21_094] });
  writeFileSync(
    join(folder, 'prometheus.yml'),
    JSON.stringify({
      global: { scrape_interval: '250ms', evaluation_interval: '250ms' },
      rule_files: [join(MONITORING, FILES.prometheus)],
      scrape_configs: [
        { job_name: 'locks', static_configs: [{ targets: [`127.0.0.1:${(service.address() as AddressInfo).port}`] }] },
      ],
    }),
  );
  const args = [`--config.file=${join(folder, 'prometheus.yml')}`, `--storage.tsdb.path=${join(folder, 'data')}`];
  const prometheus = spawn('prometheus', [...args, `--web.listen-address=127.0.0.1:${port}`], { stdio: 'ignore' });
  try {
    await once(prometheus, 'spawn');
    const ask = async (path: string): Promise<unknown> => {
      const response = await fetch(`http://127.0.0.1:${port}/api/v1/${path}`);
      return ((await response.json()) as { data: unknown }).data;
    };
    const query = async (expression: string): Promise<unknown[]> =>
      ((await ask(`query?query=${encodeURIComponent(expression)}`)) as { result: unknown[] }).result;
    const lock = new ObservedLock(new LocalLock(), { metrics, name: 'orders' });
    // Counters are seen to rise once they have been scraped before.
    await (await lock.acquire('order:1')).release();
    await until(async () => (await query('holdfast_lock_grants_total')).length > 0);
    await using held = await lock.acquire('order:2');
    await held.renew();
    for (let attempt = 0; attempt < 15; attempt += 1) await assert.rejects(lock.acquire('order:2', { timeoutMs: 1 }));
    await (await lock.acquire('order:1')).release();

    const { panels } = JSON.parse(alertsAs('grafana')) as { panels: { title: string; targets: { expr: string }[] }[] };
    for (const { title, targets } of panels)
      for (const { expr } of targets) await until(async () => (await query(expr)).length > 0, `${title}: ${expr}`);
    const { groups } = (await ask('rules')) as { groups: { rules: { name: string; health: string }[] }[] };
    assert.deepEqual(
      groups.flatMap(({ rules }) => rules.map(({ name }) => name)),
      ALERTS.map(({ name }) => name),
    );
    await until(async () => {
      const { alerts } = (await ask('alerts')) as { alerts: { labels: { alertname: string } }[] };
      return alerts.some(({ labels }) => labels.alertname === 'HoldfastFailures');
    }, 'HoldfastFailures');
  } finally {
    await end(prometheus);
    service.close();
    service.closeAllConnections();
    rmSync(folder, { recursive: true, force: true });
  }
});

/** The test's own time limit ends what never comes. */
async function until(holds: () => Promise<boolean>, what = 'Prometheus'): Promise<void> {
  for (let look = 0; look < 600; look += 1) {
    if (await holds().catch(() => false)) return;
    await sleep(100);
  }
  assert.fail(`there is no ${what}`);
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}
