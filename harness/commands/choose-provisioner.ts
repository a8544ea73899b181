/** Which provisioner a run uses, the simulation among them, and why. */
import type { LockModule, Topology } from 'holdfast-locks';
import { chooseReal, type BackendChoice, type Choice } from '../backends/choose.ts';
import { InfrastructureError } from '../base/errors.ts';
import { NotSimulable } from '../plan/errors.ts';
import { isSimulated, simulatedOf } from '../sim/servers/simulated.ts';

/**
 * Real servers, or else the simulation.
 * @throws InfrastructureError when nothing here can run the backend, with the command that would change that; UsageError
 *   when a simulation was asked for of servers that are not simulated; NotSimulable of a lock that says so itself
 */
export async function chooseProvisioner(
  choice: BackendChoice,
  { name, backend, notSimulable }: Pick<LockModule, 'name' | 'backend' | 'notSimulable'>,
  topology: Topology,
): Promise<Choice> {
  if (choice === 'sim') {
    if (notSimulable !== undefined) throw new NotSimulable({ module: name, call: notSimulable });
    simulatedOf(backend, topology);
    return { kind: 'sim', reason: 'asked for' };
  }
  try {
    return await chooseReal(choice, backend, topology);
  } catch (error) {
    const isCarried = notSimulable === undefined && isSimulated(backend, topology);
    if (!(error instanceof InfrastructureError) || !isCarried) throw error;
    // A build that was to test on servers must not turn green because there are none.
    if (choice === 'auto' && process.env['CI'] !== 'true') return { kind: 'sim', reason: error.message };
    throw new InfrastructureError(`${error.message}, or simulate it with "--backend sim"`, { cause: error });
  }
}
