/** Latency, throughput and fairness out of histories: every figure counts operations that are in the file. */
import type { HistoryEvent } from '../history/events.ts';
import { latencyOf, newHistogram, recordNs } from '../base/histogram.ts';
import { clientsOf, type Plan } from '../plan/plan.ts';
import type { LockReport } from '../report/report.ts';

interface OpenLease {
  readonly client: number;
  invoked: number;
  granted?: number;
  releasing?: number;
}

/** What an application comes to, and how often it did. */
export type Rate = { readonly operation: string; readonly unit: string };

/** Accumulates over several histories. */
export class Metrics {
  readonly #histograms = {
    acquire: newHistogram(),
    hold: newHistogram(),
    release: newHistogram(),
    handover: newHistogram(),
  };
  readonly #grants = new Map<number, number>();
  #grantCount = 0;
  #counted = 0;
  #elapsedMs = 0;

  /** The leases that are left to lapse are not counted: what they measure is the length of a lease. */
  add(events: readonly HistoryEvent[], plan: Plan, elapsedMs: number, rate?: Rate): void {
    if (rate !== undefined) this.#counted += events.filter((event) => isCounted(event, rate)).length;
    const clients = clientsOf(plan);
    this.#elapsedMs += elapsedMs;
    const leases = new Map<string, OpenLease>();
    /** By key: when the last release was called. */
    const lastRelease = new Map<string, number>();
    const { acquire, hold, release, handover } = this.#histograms;
    for (const event of events) {
      if (typeof event.process !== 'number' || (event.f !== 'acquire' && event.f !== 'release')) continue;
      if (event.key === plan.lapseKey) continue;
      const time = event.time ?? 0;
      const key = event.key ?? '';
      const id = String((event.value as { lease?: string }).lease);
      const lease = leases.get(id);
      if (event.f === 'acquire' && event.type === 'invoke') {
        leases.set(id, { client: event.process % clients, invoked: time });
      } else if (event.f === 'acquire' && event.type === 'ok' && lease !== undefined) {
        lease.granted = time;
        recordNs(acquire, time - lease.invoked);
        const released = lastRelease.get(key);
        // Only a client that was waiting when the lock was given up measures a handover.
        if (released !== undefined && lease.invoked < released) recordNs(handover, time - released);
        this.#grantCount++;
        this.#grants.set(lease.client, (this.#grants.get(lease.client) ?? 0) + 1);
      } else if (event.f === 'release' && event.type === 'invoke' && lease?.granted !== undefined) {
        lease.releasing = time;
        lastRelease.set(key, time);
        recordNs(hold, time - lease.granted);
      } else if (event.f === 'release' && event.type === 'ok' && lease?.releasing !== undefined) {
        recordNs(release, time - lease.releasing);
      }
    }
    for (let client = 0; client < plan.workers * plan.clientsPerWorker; client++)
      this.#grants.set(client, this.#grants.get(client) ?? 0);
  }

  /** @param rate of the application that was measured */
  rateOf(rate: Rate | undefined): Pick<LockReport, 'applicationRate'> {
    if (rate === undefined || this.#elapsedMs === 0) return {};
    return { applicationRate: { unit: rate.unit, perSecond: (this.#counted * 1000) / this.#elapsedMs } };
  }

  summary(): Pick<LockReport, 'latency' | 'throughput' | 'fairness'> {
    const latency: LockReport['latency'] = {};
    for (const [name, values] of Object.entries(this.#histograms)) {
      if (values.totalCount > 0) latency[name as keyof typeof latency] = latencyOf(values);
    }
    if (this.#grantCount === 0) return { latency };
    const shares = [...this.#grants.values()];
    const squares = shares.reduce((sum, share) => sum + share * share, 0);
    return {
      latency,
      throughput: (this.#grantCount * 1000) / this.#elapsedMs,
      // Jain, Chiu and Hawe 1984: 1 when all clients get the same, 1/n when one gets all.
      fairness: this.#grantCount ** 2 / (shares.length * squares),
    };
  }
}

function isCounted({ process, f, value }: HistoryEvent, { operation }: Rate): boolean {
  const { door, accepted } = (value ?? {}) as { readonly door?: unknown; readonly accepted?: unknown };
  return process === 'resource' && f === operation && door === 'plain' && accepted === true;
}
