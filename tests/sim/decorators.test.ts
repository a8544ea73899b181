/** Every decorator around a lease lock that polls a key and one that waits in a queue of the server. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { verify } from '../../harness/commands/api.ts';
import { DECORATORS } from '../../implementations/decorators/catalogue.ts';

/** What trips decorators: waits that end in trouble, holders that vanish, leases that are lost. */
const hazards = ['client-pause', 'client-crash', 'client-partition', 'server-crash'] as const;
/** With these it is tried in one plan what its defaults would leave to longer ones. */
const OPTIONS: Readonly<Record<string, object>> = {
  'circuit-breaker': { failures: 2, openMs: 200 },
};
/** What brings it to work: around it every try counts, where a wait of the lock asks on through trouble by itself. */
const AROUND: Readonly<Record<string, string>> = { 'circuit-breaker': ' + retry' };
const out = mkdtempSync(join(tmpdir(), 'holdfast-decorators-'));
after(() => rmSync(out, { recursive: true, force: true }));

for (const name of DECORATORS.keys())
  for (const lock of ['redis-basic', 'etcd'])
    test(`${lock} + ${name} keeps what ${lock} claims`, async () => {
      const options = { decorators: { [name]: OPTIONS[name] ?? {} } };
      const { report } = await verify({
        options,
        impl: `${lock} + ${name}${AROUND[name] ?? ''}`,
        backend: 'sim',
        hazards,
        seed: 11,
        runs: 1,
        out,
      });
      const [tested] = report.locks;
      const wrong = (tested?.cells ?? []).filter(
        ({ verdict, claim }) => verdict === 'violated' && claim !== 'not-promised',
      );
      assert.deepEqual({ wrong, breaches: tested?.breaches }, { wrong: [], breaches: undefined });
      const exclusion = tested?.cells.find(
        ({ property, hazard }) => property === 'exclusion' && hazard === 'client-pause',
      );
      assert.equal(exclusion?.verdict, 'holds');
    });
