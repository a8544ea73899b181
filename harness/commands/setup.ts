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
import type { CommandOptions } from './caller.ts';
import { parseRequest } from './request.ts';

export interface SetupRequest {
  /** Servers; default: all but MySQL. */
  readonly backends?: readonly SetupBackend[];
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
  backends: z.array(z.enum(SETUP_BACKENDS)).min(1).readonly().default(USUAL_BACKENDS),
  forTests: z.boolean().default(false),
  dryRun: z.boolean().default(false),
} satisfies Record<keyof SetupRequest, z.ZodType>;
const setupSchema = z.strictObject(shape);

export async function setup(
  request: SetupRequest = {},
  { onEvent = () => undefined }: Pick<CommandOptions<SetupEvent>, 'onEvent'> = {},
): Promise<SetupResult> {
  const { backends, forTests, dryRun } = parseRequest('setup', setupSchema, request);
  const required = [...requirementsOf(backends), ...(forTests ? testRequirements() : [])];
  const missing = required.filter(({ found }) => found === undefined);
  const steps = missing.length === 0 ? [] : describeSteps(missing);
  onEvent({ type: 'steps', steps });
  if (!dryRun && missing.length > 0) await install(missing, (text) => onEvent({ type: 'output', text }));
  return { steps };
}
