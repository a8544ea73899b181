/** The model of a PostgreSQL primary with its replica is held against real ones: what each of the two answers, and when. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { TargetNode } from '../../../harness/faults/targets.ts';
import type { Layout } from '../../../harness/backends/servers/layout.ts';
import { expiryShape, leaseStatements } from '../../../implementations/sql/postgres/lease-statements.ts';
import type { Topology } from '../../../implementations/lock.ts';
import { startServer } from '../../../tools/servers.ts';
import { inWorld, install } from '../in-world.ts';

install();
const { default: pg } = await import('pg');

const { schema, acquire, inspect } = leaseStatements('holdfast_lock', expiryShape);
/** Longer than a commit takes that waits for nobody. */
const A_WHILE_MS = 300;

interface Stage {
  readonly nodes: readonly TargetNode[];
  readonly succession: Pick<Layout, 'promote' | 'rejoinsEmpty'>;
}

/** Rows without times and fences, or the code of the error. */
async function ask({ endpoint }: TargetNode, text: string, values: readonly unknown[] = []): Promise<unknown> {
  const { host, port } = endpoint;
  const client = new pg.Client({ host, port, user: 'postgres', database: 'postgres' });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<Record<string, unknown>>(text, [...values]);
    return rows.map(({ fence, remaining, ...others }) => ({
      ...others,
      fenced: fence !== null,
      left: remaining !== null,
    }));
  } catch (error) {
    return (error as { code?: string }).code;
  } finally {
    await client.end();
  }
}

const isReplica = (node: TargetNode): Promise<unknown> => ask(node, 'SELECT pg_is_in_recovery() AS replica');
const take = (node: TargetNode, token: string): Promise<unknown> => ask(node, acquire, ['a', token, 100_000]);
const holder = (node: TargetNode): Promise<unknown> => ask(node, inspect, ['a']);
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function eventually(look: () => Promise<unknown>, wanted: unknown): Promise<void> {
  while (JSON.stringify(await look()) !== JSON.stringify(wanted)) await sleep(10);
}

async function agree(topology: Topology, scene: (stage: Stage) => Promise<unknown>): Promise<void> {
  await using servers = await startServer('postgres', topology);
  const real = await scene(servers.deployment);
  const simulated = await inWorld(
    'postgres',
    2,
    ({ nodes, ensemble }) => scene({ nodes, succession: ensemble.succession ?? {} }),
    1,
    topology,
  );
  assert.deepEqual(simulated, real);
}

void describe('the model of a PostgreSQL primary with a replica', () => {
  void it('copies what is committed, promotes the copy, and takes the old primary back as a replica', () =>
    agree('primary and replica', async ({ nodes, succession }) => {
      const [first, second] = nodes;
      assert.ok(first !== undefined && second !== undefined);
      const said = [await isReplica(first), await isReplica(second)];
      await ask(first, schema);
      said.push(await take(first, 't1'), await take(first, 't2'));
      const held = await holder(first);
      await eventually(() => holder(second), held);
      said.push(held, await take(second, 't3'));
      await first.crash();
      const endpoints = nodes.map(({ endpoint }) => endpoint);
      await succession.promote?.(endpoints, 0);
      said.push(await isReplica(second), await take(second, 't4'), await holder(second));
      await first.restart({ keepData: succession.rejoinsEmpty !== true });
      said.push(await isReplica(first), await take(first, 't5'));
      await eventually(() => holder(first), held);
      return said;
    }));

  void it('answers no commit before a synchronous replica has it', () =>
    agree('primary and synchronous replica', async ({ nodes }) => {
      const [first, second] = nodes;
      assert.ok(first !== undefined && second !== undefined);
      await ask(first, schema);
      const said = [await take(first, 't1')];
      await second.crash();
      const late = ask(first, acquire, ['b', 't2', 100_000]);
      said.push(await Promise.race([late, sleep(A_WHILE_MS).then(() => 'not answered')]));
      await second.restart({ keepData: true });
      said.push(await late, await holder(second));
      return said;
    }));
});
