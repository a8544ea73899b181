/** PostgreSQL and MariaDB in containers: their data is filled there, lost and filled again, and a replica follows. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Hazard } from '../../implementations/claims.ts';
import { EXIT } from '../../harness/verdict/exit-codes.ts';
import { reportSchema } from '../../harness/report/report.ts';
import { Sandbox } from '../e2e/program.ts';
import { belongings, provideEngine, untilBelongings } from './engine.ts';
import { buildDatabaseImages, buildImages } from './images.ts';

const stack = new AsyncDisposableStack();
let env: Readonly<Record<string, string>> = {};
before(async () => {
  stack.use(await provideEngine());
  const [others, databases] = [await buildImages('databases'), await buildDatabaseImages('databases')];
  stack.use(others);
  stack.use(databases);
  env = { ...others.environment, ...databases.environment };
});
after(() => stack.disposeAsync());

const RUNS: readonly (readonly [string, readonly Hazard[]])[] = [
  ['sql-table-postgres', ['none', 'server-crash', 'server-crash-volatile']],
  ['sql-table-postgres-sync', ['none', 'failover']],
  ['sql-row-mariadb', ['none', 'server-crash', 'server-crash-volatile']],
];

for (const [impl, hazards] of RUNS) {
  void test(`${impl} in containers`, async () => {
    const atFirst = await belongings();
    await using sandbox = new Sandbox();
    const args = [
      'verify',
      '--backend',
      'docker',
      '--impl',
      impl,
      '--hazard',
      hazards.join(','),
      '--runs',
      '1',
      '--json',
    ];

    const ended = await sandbox.run(args, { env });

    assert.equal(ended.code, EXIT.ok, ended.stderr);
    const [lock] = reportSchema.parse(JSON.parse(ended.stdout)).locks;
    assert.equal(lock?.backend.provisioner, 'docker');
    const bitten = lock.cells.filter((cell) => cell.faultsBitten > 0).map(({ hazard }) => hazard);
    for (const hazard of hazards) assert.ok(hazard === 'none' || bitten.includes(hazard), `${hazard} took effect`);
    await untilBelongings((now) => now.every((one) => atFirst.includes(one)));
  });
}
