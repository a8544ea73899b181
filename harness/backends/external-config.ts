/** What a user says of the servers that `--backend external` is to use. */
import { z } from 'zod';
import { BACKENDS } from 'holdfast-locks';
import { shortListOf, shortText } from '../base/limits.ts';
import { endpointOf } from './address.ts';

const address = shortText.superRefine((value, context) => {
  const endpoint = endpointOf(value);
  if (typeof endpoint === 'string') context.addIssue({ code: 'custom', message: endpoint });
});
const hostPort = shortText.refine((value) => /^\S+:\d+$/.test(value) && !value.includes('@'), 'expected host:port');
const port = z.number().int().min(1).max(65_535);

const nodeSchema = z.strictObject({
  /** `host:port`, or `redis://user:password@host:port` (`rediss://` for TLS), as this machine reaches the server. */
  address,
  /** `host:port` as Toxiproxy reaches it; default: the same. */
  upstream: hostPort.optional(),
});

export type NodeConfig = z.infer<typeof nodeSchema>;

export const toxiproxySchema = z.strictObject({
  /** `host:port` of its HTTP interface. */
  api: hostPort,
  /** Host under which this machine reaches the proxies; default: that of the interface. */
  host: shortText.optional(),
  /** Address of its own machine on which Toxiproxy shall listen for the workers; default: all. */
  listen: shortText.default('0.0.0.0'),
  /** First and last port for proxies, reachable from here. */
  ports: z.tuple([port, port]).refine(([first, last]) => first <= last, 'expected [first, last] with first ≤ last'),
});
export type ToxiproxyConfig = z.infer<typeof toxiproxySchema>;

export const externalSchema = z.strictObject({
  servers: z.partialRecord(z.enum(BACKENDS), shortListOf(nodeSchema).min(1)).default({}),
  toxiproxy: toxiproxySchema.optional(),
  /** Faults may disturb other users of these servers: pausing a server stops all of its clients. */
  allowDestructive: z.boolean().default(false),
});
export type ExternalConfig = z.infer<typeof externalSchema>;
