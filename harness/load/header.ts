/** What the history of a load may be held to. */
import type { LockModule } from 'holdfast-locks';
import type { HistoryHeader } from '../history/events.ts';
import type { Plan } from '../plan/plan.ts';
import { practisedOf } from '../plan/practice.ts';
import { headerOf } from '../run/merge.ts';
import type { LoadShape } from './settings.ts';

/**
 * A lock states how soon somebody is granted it, and in which order, for as many clients as `verify` brings. A load of
 * more may have each of them wait for the processor, a connection or a busy server, and after a fault they all come back
 * at once: that is a matter of capacity, and would accuse a correct lock. So the header states those bounds only where a
 * closed loop of so few is not disturbed; without them the verdicts on deadlock-freedom and fairness are not reached.
 * Nor is any on loss-notice, reentrancy and sharing: no load asks for the lock twice or to share it, and none sets a timer
 * for each of its leases.
 */
export function headerOfLoad(
  run: string,
  plan: Plan,
  module: LockModule,
  { mode, ask }: Pick<LoadShape, 'mode' | 'ask'>,
): HistoryHeader {
  const { recoverNs, ...header } = headerOf(run, plan);
  const few = plan.clientsPerWorker <= (module.load?.clientsPerWorker ?? 1);
  if (mode.kind === 'open' || !few || plan.faults.length > 0 || recoverNs === undefined) return header;
  const turns = practisedOf(module);
  // Who only tries asks for no turn.
  if (turns?.fairness !== true || ask === 'try') return { ...header, recoverNs };
  return { ...header, recoverNs, bypass: turns.bypass, allowanceNs: Math.round(turns.allowanceMs * 1e6) };
}
