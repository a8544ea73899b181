import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { openMetrics } from '../../harness/load/metrics-server.ts';

const figures = {
  ...{ lock: 'redis-basic', doing: '', elapsedMs: 500, totalMs: 1000 },
  ...{ cycles: 40, perSecond: 80, errors: 1, waiting: 3, acquire: { p50: 1, p90: 2, p99: 30, max: 40 } },
};

test('Prometheus reads counts that add up and waits in seconds, and the dashboard asks for nothing else', async () => {
  const server = await openMetrics(0);
  try {
    server.take(figures);
    server.take(figures);
    const text = await (await fetch(`http://127.0.0.1:${server.port}/metrics`)).text();
    assert.match(text, /^holdfast_cycles_total\{lock="redis-basic"\} 80$/m);
    assert.match(text, /^holdfast_errors_total\{lock="redis-basic"\} 2$/m);
    assert.match(text, /^holdfast_acquire_seconds\{lock="redis-basic",quantile="0.99"\} 0.03$/m);
    const served = new Set([...text.matchAll(/^# TYPE (\w+) /gm)].map(([, name]) => name));
    const dashboard = readFileSync(new URL('../../examples/grafana/holdfast.json', import.meta.url), 'utf8');
    const asked = [...dashboard.matchAll(/holdfast_\w+/g)].map(([name]) => name);
    assert.ok(asked.length > 5);
    assert.deepEqual(
      asked.filter((name) => !served.has(name)),
      [],
    );
    assert.equal((await fetch(`http://127.0.0.1:${server.port}/`)).status, 404);
  } finally {
    await server.close();
  }
});
