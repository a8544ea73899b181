/** The requests of Consul's HTTP API that locks make; others end the run. */
import { z } from 'zod';
import type { Request } from '../../http/server.ts';
import type { KeyOperation, Session } from './state.ts';

export type Question =
  | { readonly f: 'create'; readonly session: Omit<Session, 'id'> }
  | { readonly f: 'renew' | 'destroy'; readonly id: string }
  | {
      readonly f: 'get';
      readonly key: string;
      /** With the consent of a majority. */
      readonly consistent: boolean;
      /** Waits for a change after this; 0: does not wait. */
      readonly index: number;
      readonly waitMs: number;
    }
  | { readonly f: 'transact'; readonly operations: readonly KeyOperation[] };

const durationMs = z
  .string()
  .regex(/^\d+(ms|s)$/)
  .transform((text) => Number.parseInt(text, 10) * (text.endsWith('ms') ? 1 : 1000));

const sessionSchema = z.strictObject({
  Name: z.string().optional(),
  TTL: durationMs,
  Behavior: z.enum(['release', 'delete']).default('release'),
  LockDelay: durationMs.refine((ms) => ms === 0),
  Checks: z.array(z.string()).max(0),
});

const transactionSchema = z.array(
  z.strictObject({
    KV: z.strictObject({
      Verb: z.enum(['lock', 'get', 'check-session', 'delete']),
      Key: z.string(),
      Session: z.string().default(''),
      Value: z.string().nullable().default(null),
    }),
  }),
);

/** Of a blocking query that states none. */
const DEFAULT_WAIT = '300s';
const KNOWN_PARAMETERS = ['consistent', 'index', 'wait'];

export function questionOf(request: Request, unsupported: (what: string) => never): Question {
  const { method, path, query, body } = request;
  const [, , area = '', action = '', ...rest] = path.split('/');
  const parse = <T>(schema: z.ZodType<T>, value: unknown): T => {
    const parsed = schema.safeParse(value);
    return parsed.success
      ? parsed.data
      : unsupported(`Consul was asked for what is not simulated: ${method} ${path} ${body}`);
  };
  const unknown = [...query.keys()].filter((name) => area !== 'kv' || !KNOWN_PARAMETERS.includes(name));
  if (unknown.length > 0) unsupported(`the parameter ${unknown.join()} of ${method} ${path} is not simulated`);
  if (method === 'PUT' && area === 'session' && action === 'create') {
    const { TTL, Behavior } = parse(sessionSchema, JSON.parse(body));
    return { f: 'create', session: { ttlMs: TTL, behavior: Behavior } };
  }
  if (method === 'PUT' && area === 'session' && (action === 'renew' || action === 'destroy')) {
    return { f: action, id: rest.join('/') };
  }
  if (method === 'PUT' && area === 'txn') {
    const operations = parse(transactionSchema, JSON.parse(body)).map(({ KV }) => KV);
    return {
      f: 'transact',
      operations: operations.map(({ Verb, Key, Session: session, Value }) => ({
        ...{ verb: Verb, key: Key, session, value: Value },
      })),
    };
  }
  if (method === 'GET' && area === 'kv') {
    return {
      f: 'get',
      key: [action, ...rest].join('/'),
      consistent: query.has('consistent'),
      index: Number(query.get('index') ?? 0),
      waitMs: parse(durationMs, query.get('wait') ?? DEFAULT_WAIT),
    };
  }
  return unsupported(`${method} ${path} of Consul is not simulated`);
}
