/** A benchmark in words, as every report writes it. */
import type { Load } from '../harness/report/load.ts';
import type { LockReport } from '../harness/report/report.ts';
import { count, counted, duration, milliseconds } from './wording.ts';

/** `closed loop, 10 clients in 5 workers, 1 key, hold 1 ms, warm-up 500 ms`. */
export function loadPhrase(load: Load): string {
  const { mode, arrivals, workers, clientsPerWorker, keys, keySkew, holdMs, thinkMs, warmUpMs, preset, scenario } =
    load;
  const parts = [
    mode === 'closed' ? 'closed loop' : `open loop, ${arrivals === 'poisson' ? 'Poisson' : 'constant'} arrivals`,
    ...(load.offered === undefined ? [] : [`${count(Math.round(load.offered.perSecond))} offered a second`]),
    `${counted(workers * clientsPerWorker, 'client')} in ${counted(workers, 'worker')}`,
    `${counted(keys, 'key')}${keySkew === 0 ? '' : ` (skew ${keySkew})`}`,
    `hold ${rangePhrase(holdMs)}`,
    ...(thinkMs[1] === 0 ? [] : [`think ${rangePhrase(thinkMs)}`]),
    `warm-up ${duration(warmUpMs)}`,
    ...(scenario === 'shared-counter' ? [] : [`scenario ${scenario}`]),
    ...(preset === undefined ? [] : [`preset ${preset}`]),
  ];
  return parts.join(', ');
}

const rangePhrase = ([least, most]: readonly [number, number]): string =>
  least === most ? `${least} ms` : `${least} to ${most} ms`;

/** What its own history says of the lock under load. */
export function checkedLoadPhrase({ checked }: Load): string {
  const judged = `${count(checked.operations)} operations in ${count(checked.events)} events`;
  return {
    holds: `the history of the load was checked: ${judged}, no violation`,
    violated: `VIOLATED: the history of the load (${judged}) shows that it does not lock`,
    inconclusive: `the history of the load could not be judged (${judged})`,
  }[checked.verdict];
}

/** `12 acquire TIMEOUT, 3 release LOST`; empty where nothing failed. */
export function errorsPhrase({ errors }: Load): string {
  return errors.map(({ operation, kind, count: times }) => `${count(times)} ${operation} ${kind}`).join(', ');
}

/** What the reader must not overlook about the figures of a load, one sentence each. */
export function loadWarnings({ load }: LockReport): readonly string[] {
  if (load === undefined) return [];
  const { saturated, offered, checked, service } = load;
  return [
    ...(checked.verdict === 'violated' ? ['A violation under load: what it measures is not the speed of a lock.'] : []),
    ...(saturated
      ? [
          'Saturated: more was offered than it can do, so its latencies say how long the run was, not how fast the lock is.',
        ]
      : []),
    ...(offered !== undefined && offered.dropped > 0
      ? [
          `${count(offered.dropped)} of ${counted(offered.arrivals, 'arrival')} were dropped: more than ${count(offered.inFlightLimit)} were under way.`,
        ]
      : []),
    ...(service !== undefined && service.oversold > 0
      ? [`Oversold: ${count(service.sold)} sold of a stock of ${count(service.stock)}.`]
      : []),
  ];
}

/** `fairness 0.98 (Jain), longest wait 12.4 times the median`. */
export function fairnessPhrase({ fairness, load }: LockReport): string {
  return [
    ...(fairness === undefined ? [] : [`${fairness.toFixed(3)} by Jain's index (1: all clients got the same)`]),
    ...(load?.longestOverMedian === undefined
      ? []
      : [`longest wait ${milliseconds(load.longestOverMedian)} times the median`]),
  ].join('; ');
}

/** What the measuring itself costs. */
export function harnessPhrase({ harness }: Load): string | undefined {
  if (harness === undefined) return undefined;
  const { shareOfBareLoop, pairs, configuration } = harness;
  return `${shareOfBareLoop.toFixed(2)} of the rate of a bare loop over the same client (${counted(pairs, 'pair')}, ${configuration})`;
}

/** `clients 42 MiB, servers 7 MiB`. */
export function memoryPhrase({ memory }: Load): string | undefined {
  const parts = [
    ...(memory?.clientMiB === undefined ? [] : [`clients ${count(Math.round(memory.clientMiB))} MiB`]),
    ...(memory?.serverMiB === undefined ? [] : [`servers ${count(Math.round(memory.serverMiB))} MiB`]),
  ];
  return parts.length === 0 ? undefined : parts.join(', ');
}
