/** `up` and `down`: start backends once and leave them running, for runs that then need not start their own. */
import { callOf } from '../base/call.ts';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { z } from 'zod';
import { BACKENDS, type Backend } from 'holdfast-locks';
import { catalogue, onRequest } from 'holdfast-locks/internal/catalogue';
import { chooseReal } from '../backends/choose.ts';
import { layoutOf } from '../backends/deployment.ts';
import { KeeperConnection, keptNow } from '../backends/kept/connection.ts';
import { keptSchema, type Kept, type Wanted } from '../backends/kept/protocol.ts';
import { InfrastructureError, UsageError } from '../base/errors.ts';
import { OWN_FLAGS, ownModule } from '../base/own-module.ts';
import type { CommandOptions } from './caller.ts';
import { parseRequest, wholeNumber } from './request.ts';

export const UP_CHOICES = ['auto', 'docker', 'native'] as const;

export interface UpRequest {
  /** Which; default: every backend of the catalogue that can run here. */
  readonly backends?: readonly Backend[];
  /** Who starts them; default `auto`. */
  readonly backend?: (typeof UP_CHOICES)[number];
  /** Of each; default 2: a run that verifies uses two side by side. */
  readonly copies?: number;
}

export interface UpResult {
  readonly kept: readonly Kept[];
}

export type UpEvent =
  | { readonly type: 'left-out'; readonly reason: string }
  | ({ readonly type: 'starting'; readonly copies: number } & Wanted);

const shape = {
  backends: z.array(z.enum(BACKENDS)).min(1).readonly().optional(),
  backend: z.enum(UP_CHOICES).default('auto'),
  copies: wholeNumber(1).default(2),
} satisfies Record<keyof UpRequest, z.ZodType>;
const upSchema = z.strictObject(shape);

const startedSchema = z.union([z.object({ kept: z.array(keptSchema) }), z.object({ error: z.string() })]);

export async function up(
  request: UpRequest = {},
  { onEvent = () => undefined }: Pick<CommandOptions<UpEvent>, 'onEvent'> = {},
): Promise<UpResult> {
  const parsed = parseRequest('up', upSchema, request);
  if ((await keptNow()).length > 0)
    throw new UsageError(`backends are up already: end them by "${callOf('down')}" first`);
  const wanted = await wantedBy(parsed, onEvent);
  for (const one of wanted) onEvent({ type: 'starting', copies: parsed.copies, ...one });
  return { kept: await startKeeper(wanted, parsed.copies) };
}

/** @returns whether anything was up */
export async function down(): Promise<boolean> {
  const keeper = await KeeperConnection.open();
  if (keeper === undefined) return false;
  // The connection ends with the keeper: that is its answer.
  await keeper.call({ do: 'end' }).catch(() => undefined);
  keeper.close();
  return true;
}

/** What the locks of the catalogue run on by default, once each. */
async function wantedBy(
  { backends: chosen, backend: choice }: z.output<typeof upSchema>,
  onEvent: (event: UpEvent) => void,
): Promise<Wanted[]> {
  const wanted = new Map<string, Wanted>();
  const listed = [...catalogue.values(), ...(chosen === undefined ? [] : onRequest.values())];
  for (const { module } of listed) {
    const { backend } = module;
    const [topology] = module.topologies;
    if (wanted.has(`${backend} ${topology}`) || layoutOf(backend, topology) === undefined) continue;
    if (chosen !== undefined && !chosen.includes(backend)) continue;
    try {
      const { kind } = await chooseReal(choice, backend, topology);
      if (kind !== 'external') wanted.set(`${backend} ${topology}`, { backend, topology, provisioner: kind });
    } catch (error) {
      // One that was not asked for by name need not be there.
      if (chosen !== undefined || !(error instanceof InfrastructureError)) throw error;
      onEvent({ type: 'left-out', reason: error.message });
    }
  }
  if (wanted.size === 0) throw new InfrastructureError(`no backend can be started here: see "${callOf('doctor')}"`);
  return [...wanted.values()];
}

/** The keeper is a process of its own, which outlives this one. */
async function startKeeper(wanted: readonly Wanted[], copies: number): Promise<Kept[]> {
  const keeper = spawn(process.execPath, [...OWN_FLAGS, ownModule(import.meta.url, '../backends/kept/keeper')], {
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    detached: true,
  });
  keeper.send({ wanted, copies });
  const [message] = (await Promise.race([
    once(keeper, 'message'),
    once(keeper, 'exit').then(([code]) => [{ error: `the keeper ended with exit code ${String(code)}` }]),
  ])) as [unknown];
  keeper.unref();
  const started = startedSchema.parse(message);
  if ('error' in started) throw new InfrastructureError(started.error);
  return started.kept;
}
