/** `doctor`: what this machine can run. */
import { dockerVersion } from '../backends/engine.ts';
import { requirementsOf, USUAL_BACKENDS } from '../backends/requirements.ts';

export interface DoctorResult {
  /** Versions of Node, and of the Docker engine that answers. */
  readonly node: string;
  readonly docker: string | null;
  /** What native servers need: where it is, or what it says of itself; `null` when it is missing. */
  readonly native: readonly { readonly name: string; readonly found: string | null; readonly neededFor: string }[];
}

export async function doctor(): Promise<DoctorResult> {
  const docker = (await dockerVersion()) ?? null;
  const native = requirementsOf(USUAL_BACKENDS).map(({ name, found = null, neededFor }) => ({
    name,
    found,
    neededFor,
  }));
  return { node: process.versions.node, docker, native };
}
