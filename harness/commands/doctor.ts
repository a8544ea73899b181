/** `doctor`: what this machine can run. */
import { publishedSubjects } from 'holdfast-locks/internal/subjects';
import { isBuilt, missingFor } from '../subject/protocol/prepare.ts';
import { dockerVersion } from '../backends/engine.ts';
import { requirementsOf, USUAL_BACKENDS } from '../backends/requirements.ts';

export interface DoctorResult {
  /** Versions of Node, and of the Docker engine that answers. */
  readonly node: string;
  readonly docker: string | null;
  /** What native servers need: where it is, or what it says of itself; `null` when it is missing. */
  readonly native: readonly { readonly name: string; readonly found: string | null; readonly neededFor: string }[];
  /** Locks in processes of their own, and what each of them lacks here: `null`, nothing. */
  readonly subjects: readonly {
    readonly name: string;
    readonly language: string;
    readonly missing: string | null;
    /** The next run need not build it. */
    readonly built: boolean;
  }[];
}

export async function doctor(): Promise<DoctorResult> {
  const docker = (await dockerVersion()) ?? null;
  const native = requirementsOf(USUAL_BACKENDS).map(({ name, found = null, neededFor }) => ({
    name,
    found,
    neededFor,
  }));
  const subjects = await Promise.all(
    publishedSubjects().map(async ({ name, language, url }) => {
      const missing = (await missingFor(url)) ?? null;
      return { name, language, missing, built: missing === null && isBuilt(url) };
    }),
  );
  return { node: process.versions.node, docker, native, subjects };
}
