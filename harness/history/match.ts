import type { HistoryEvent } from './events.ts';

/** The field by which a completion shows that it is not of this invocation; what it leaves out matches anything. */
export function mismatch(invoke: HistoryEvent, completion: HistoryEvent): 'f' | 'key' | 'value.lease' | undefined {
  if (completion.f !== invoke.f) return 'f';
  if (completion.key !== undefined && completion.key !== (invoke.key ?? '')) return 'key';
  const lease = leaseOf(completion);
  return lease === undefined || lease === leaseOf(invoke) ? undefined : 'value.lease';
}

function leaseOf({ value }: HistoryEvent): unknown {
  return typeof value === 'object' && value !== null && 'lease' in value ? value.lease : undefined;
}
