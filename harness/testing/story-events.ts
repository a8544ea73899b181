/** From stories to the events that a history of them has. */
import type { HistoryEvent } from '../history/events.ts';
import type { Story } from './story.ts';

/** The events of a story, in the order of its leases. Acquire and release of a lease have processes of their own. */
export function eventsOf({ leases, standstills, uses }: Story): HistoryEvent[] {
  const events: HistoryEvent[] = [];
  for (const [
    index,
    { id, worker, shared, owner, acquire, release, renewals, probes, lostAt, killedAt },
  ] of leases.entries()) {
    const observed = (f: string, value: object, at: number): void => {
      events.push({ type: 'info', process: `worker-${worker}`, f, value: { lease: id, ...value }, time: at });
    };
    const value = { lease: id, ...(shared && { mode: 'shared' }), ...(owner !== undefined && { owner }) };
    const asked = { ...value, ...(acquire.length !== undefined && { leaseMs: acquire.length / 1e6 }) };
    events.push({ type: 'invoke', process: worker, f: 'acquire', value: asked, time: acquire.called });
    if (acquire.outcome !== 'info') {
      const fence = acquire.fence === undefined ? {} : { fence: String(acquire.fence) };
      const deadline = acquire.deadline === undefined ? {} : { deadline: acquire.deadline };
      const answer = { ...value, ...fence, ...deadline };
      events.push({ type: acquire.outcome, process: worker, f: 'acquire', value: answer, time: acquire.returned });
    }
    for (const { at, deadline } of renewals) observed('renew', { deadline }, at);
    for (const { at, held } of probes) observed('held', { held }, at);
    if (lostAt !== undefined) observed('lost', { reason: 'mismatch' }, lostAt);
    if (killedAt !== undefined) nemesis(events, 'client-crash', `k${index}`, 'start', worker, killedAt);
    if (release === undefined) continue;
    const process = worker + 100;
    events.push({ type: 'invoke', process, f: 'release', value: { lease: id }, time: release.called });
    if (release.outcome === 'unknown') continue;
    const type = release.outcome === 'failed' ? 'fail' : 'ok';
    const outcome = release.outcome === 'failed' ? {} : { outcome: release.outcome };
    events.push({ type, process, f: 'release', value: { lease: id, ...outcome }, time: release.returned });
  }
  for (const [index, { worker, from, to, kind }] of standstills.entries()) {
    if (kind === 'stall') {
      events.push({
        type: 'info',
        process: `worker-${worker}`,
        f: 'stall',
        value: { ms: (to - from) / 1e6 },
        time: to,
      });
    } else {
      nemesis(events, 'client-pause', `p${index}`, 'start', worker, from);
      nemesis(events, 'client-pause', `p${index}`, 'end', worker, to);
    }
  }
  for (const { lease, kind, at, from, value } of uses) {
    const seen = kind === 'read' ? { value } : { from, to: value };
    const use = { lease, door: 'plain', ...seen, accepted: true };
    events.push({ type: 'info', process: 'resource', f: kind, value: use, time: at });
  }
  return events;
}

function nemesis(events: HistoryEvent[], f: string, fault: string, phase: string, worker: number, at: number): void {
  events.push({ type: 'info', process: 'nemesis', f, value: { fault, phase, target: { worker } }, time: at });
}
