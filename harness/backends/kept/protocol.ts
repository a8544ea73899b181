/** What a run and the keeper say to each other: one JSON object a line, over a socket that only this user can reach. */
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { BACKENDS, TOPOLOGIES } from 'holdfast-locks';
import { endpointSchema } from '../../plan/endpoint-schema.ts';
import { INTERVENTIONS } from '../deployment.ts';

const node = z.number().int().nonnegative();

export const wantedSchema = z.object({
  backend: z.enum(BACKENDS),
  topology: z.enum(TOPOLOGIES),
  provisioner: z.enum(['native', 'docker']),
});
export type Wanted = z.infer<typeof wantedSchema>;

/** A deployment as plain data. */
export const keptSchema = wantedSchema.extend({
  version: z.string(),
  settings: z.record(z.string(), z.string()),
  limits: z.partialRecord(z.enum(INTERVENTIONS), z.string()),
  nodes: z.array(z.object({ endpoint: endpointSchema, upstream: z.string() })),
  toxiproxy: z.object({ api: endpointSchema, ports: z.array(z.tuple([z.number(), z.number()])).optional() }).optional(),
});
export type Kept = z.infer<typeof keptSchema>;

export const callSchema = z.discriminatedUnion('do', [
  z.object({ do: z.literal('list') }),
  /** Answers with a `Kept`, or with null where none is free. It is given back when the connection ends. */
  z.object({ do: z.literal('borrow'), wanted: wantedSchema }),
  z.object({ do: z.enum(['crash', 'pause', 'resume']), node }),
  z.object({ do: z.literal('restart'), node, keepData: z.boolean() }),
  z.object({ do: z.literal('setClock'), node, offsetMs: z.number() }),
  z.object({ do: z.literal('prepareClocks'), movable: z.boolean() }),
  z.object({ do: z.literal('isolate'), nodes: z.array(node) }),
  /** Ends every isolation. */
  z.object({ do: z.literal('join') }),
  z.object({ do: z.literal('end') }),
]);
export type Call = z.infer<typeof callSchema>;

export const requestSchema = z.object({ id: z.number(), call: callSchema });
export const answerSchema = z.object({ id: z.number(), value: z.unknown(), error: z.string().optional() });
export type Answer = z.infer<typeof answerSchema>;

/** Where the keeper of this user listens. */
export function socketPath(): string {
  return join(process.env['XDG_RUNTIME_DIR'] ?? tmpdir(), `holdfast-up-${userInfo().uid}.sock`);
}
