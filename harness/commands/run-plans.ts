/** Runs a list of plans where its provisioner says: on real servers or in the simulation. */
import type { Session } from '../backends/session.ts';
import type { LockReport } from '../report/report.ts';
import type { RunRequest } from '../run/request.ts';
import { runPlans as runOnServers } from '../run/run.ts';
import { simulatePlans } from '../sim/search/run.ts';

/**
 * @returns the report of the lock. When `signal` aborts, of what was seen until then.
 * @throws InfrastructureError, UsageError
 */
export async function runPlans(session: Session, request: RunRequest, signal: AbortSignal): Promise<LockReport> {
  const { provisioner } = request;
  if (provisioner.kind === 'sim') return simulatePlans(request, signal);
  return runOnServers(session, { ...request, provisioner }, signal);
}
