/**
 * What the harness itself costs under load: `npm run bench:harness`, with `-- --pairs 10 --impl redis-fair` for less or others.
 *
 * In one worker process, without a proxy: the closed loop of `bench`, recording and counting as it always does, beside a bare
 * loop of acquire and release over the same client, in alternating pairs; with one client in the process and with ten,
 * each on a key of its own. The median of the ratios and its quartiles are printed; 1 would be no cost at all. On a machine that
 * others use too, the processor time of a cycle is the steadier reading.
 */
import { parseArgs } from 'node:util';
import { startDeployment } from '../harness/backends/choose.ts';
import { layoutOf } from '../harness/backends/deployment.ts';
import { Session } from '../harness/backends/session.ts';
import { startCrew } from '../harness/run/crew.ts';
import { resolveLock } from '../harness/commands/locks.ts';

const { values: flags } = parseArgs({
  options: {
    impl: { type: 'string', default: 'redis-basic' },
    pairs: { type: 'string', default: '60' },
    slice: { type: 'string', default: '250' },
  },
});
const session = await Session.open();
try {
  const lock = await resolveLock(flags.impl);
  const { module, url: moduleUrl, options } = lock;
  const [topology] = module.topologies;
  const { signal } = new AbortController();
  const deployment =
    layoutOf(module.backend, topology) === undefined
      ? undefined
      : await startDeployment(session, 'native', { backend: module.backend, topology, proxies: 0, signal }, undefined);
  if (deployment !== undefined) session.onClose(() => deployment.stop());
  const request = { name: 'harness', module, moduleUrl, options, workers: 1, deployment };
  const crew = await startCrew(session, { ...request, linked: false, withResource: false });
  session.onClose(() => crew.stop());
  const [worker] = crew.workers;
  for (const clients of [1, 10]) {
    const order = { clients, pairs: Number(flags.pairs), sliceMs: Number(flags.slice), leaseMs: 10_000 };
    const { pairs = [] } = (await worker?.probe({ ...order, folder: crew.folder })) ?? {};
    const at = (values: readonly number[], share: number): number =>
      values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(share * values.length))] ?? 0;
    const ratios = pairs.map(({ ours, bare }) => ours.perSecond / bare.perSecond);
    const median = (values: readonly number[]): number => at(values, 0.5);
    console.log(
      `${module.name}, ${clients} client${clients === 1 ? '' : 's'} in a process: ` +
        `ours/bare ${median(ratios).toFixed(3)} (${at(ratios, 0.25).toFixed(3)}–${at(ratios, 0.75).toFixed(3)}), ` +
        `${median(pairs.map(({ ours }) => ours.perSecond)).toFixed(0)}/s beside ${median(pairs.map(({ bare }) => bare.perSecond)).toFixed(0)}/s, ` +
        `processor time of a cycle ${median(pairs.map(({ ours }) => ours.cpuUs)).toFixed(1)} µs beside ` +
        `${median(pairs.map(({ bare }) => bare.cpuUs)).toFixed(1)} µs, ${pairs.length} pairs of ${flags.slice} ms`,
    );
  }
} finally {
  await session.close();
}
