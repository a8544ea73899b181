/** `setup`: installs what the native provisioner lacks. */
import { z } from 'zod';
import { install } from '../backends/install.ts';
import {
  describeSteps,
  requirementsOf,
  SETUP_BACKENDS,
  testRequirements,
  USUAL_BACKENDS,
  type SetupBackend,
} from '../backends/requirements.ts';
import { buildAll, unbuiltIn } from './build-subjects.ts';
import type { CommandOptions } from './caller.ts';
import { parseRequest } from './request.ts';

export interface SetupRequest {
  /** Servers; default: all but MySQL. */
  readonly backends?: readonly SetupBackend[];
  /** Instead: published locks, and locks with a known mistake, in these languages, to be built. */
  readonly subjects?: readonly string[];
  /** Also what the project's own tests need: Chromium, a Docker engine. */
  readonly forTests?: boolean;
  /** Only says what would be done. */
  readonly dryRun?: boolean;
}

export interface SetupResult {
  /** In words: what was done, or would be. None: everything is there. */
  readonly steps: readonly string[];
}

export type SetupEvent =
  /** Before the first is done. */
  | { readonly type: 'steps'; readonly steps: readonly string[] }
  /** What the programs that install write. */
  | { readonly type: 'output'; readonly text: string };

const shape = {
  backends: z.array(z.enum(SETUP_BACKENDS)).min(1).readonly().optional(),
  subjects: z.array(z.string()).default([]),
  forTests: z.boolean().default(false),
  dryRun: z.boolean().default(false),
} satisfies Record<keyof SetupRequest, z.ZodType>;
const setupSchema = z.strictObject(shape);

export async function setup(
  request: SetupRequest = {},
  { onEvent = () => undefined }: Pick<CommandOptions<SetupEvent>, 'onEvent'> = {},
): Promise<SetupResult> {
  const {
    subjects,
    backends = subjects.length === 0 ? USUAL_BACKENDS : [],
    forTests,
    dryRun,
  } = parseRequest('setup', setupSchema, request);
  const entries = await unbuiltIn(subjects);
  const servers = backends.length === 0 ? [] : requirementsOf(backends);
  const required = [...servers, ...(forTests ? testRequirements() : [])];
  const missing = required.filter(({ found }) => found === undefined);
  const steps = [
    ...(missing.length === 0 ? [] : describeSteps(missing)),
    ...entries.map(({ name, language }) => `build ${name} (${language})`),
  ];
  onEvent({ type: 'steps', steps });
  if (!dryRun && missing.length > 0) await install(missing, (text) => onEvent({ type: 'output', text }));
  if (!dryRun) await buildAll(entries, (text) => onEvent({ type: 'output', text }));
  return { steps };
}
