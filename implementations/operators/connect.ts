/** How an operator reaches the servers of a backend. Drivers are loaded only for the backend that is asked for. */
import type { Backend, ConnectContext, Endpoint, Topology } from '../lock.ts';
import type { Operator } from './operator.ts';

export interface OperatorContext {
  readonly endpoints: readonly Endpoint[];
  /** Of the names that locks write. */
  readonly prefix: string;
  /** Of Redis: how the servers stand to each other. */
  readonly topology?: Topology;
  /** Of SQLite: the file. */
  readonly file?: string;
  /** Of SQL servers: whose database, where the endpoint names no user, and which; of Sentinels: the name of the primary. */
  readonly user?: string;
  readonly database?: string;
  readonly master?: string;
}

export const OPERATED = [
  'redis',
  'postgres',
  'mariadb',
  'sqlite',
  'zookeeper',
  'etcd',
  'consul',
] as const satisfies Backend[];
export type Operated = (typeof OPERATED)[number];

const CONNECTIONS = 4;
const READY_WITHIN_MS = 5000;
/** A session of ZooKeeper that is forgotten ends after this. */
const SESSION_MS = 10_000;

/** @throws LockBackendError, or what the driver says */
export async function connectOperator(backend: Operated, context: OperatorContext): Promise<Operator> {
  return CONNECT[backend](context);
}

const CONNECT: Readonly<Record<Operated, (context: OperatorContext) => Promise<Operator>>> = {
  async redis(context) {
    const { connectClients, connectCluster, connectSentinels, untilReady, closeClients } =
      await import('../redis/modules/connect.ts');
    const wakeUps = false;
    const {
      prefix,
      topology = context.endpoints.length > 1 ? '5 independent nodes' : 'single',
      master = 'holdfast',
    } = context;
    const clients =
      topology === 'cluster'
        ? connectCluster(moduleContext(context), { wakeUps })
        : topology === 'sentinel'
          ? connectSentinels(moduleContext(context), { wakeUps, master })
          : connectClients(moduleContext(context), { wakeUps });
    await untilReady(clients, AbortSignal.timeout(READY_WITHIN_MS));
    const close = (): Promise<void> => closeClients(clients);
    const { RedisOperator } = await import('./redis.ts');
    const { RedlockOperator } = await import('./redlock.ts');
    return topology === '5 independent nodes'
      ? new RedlockOperator(clients.commands, prefix, close)
      : new RedisOperator(clients.commands[0], prefix, close);
  },
  async postgres(context) {
    const { openPool } = await import('../sql/postgres/modules/connect.ts');
    const { PostgresOperator } = await import('./postgres.ts');
    const pool = openPool(context.endpoints, { ...databaseOf(context), connections: CONNECTIONS });
    return new PostgresOperator(pool, context.prefix, () => pool.end());
  },
  async mariadb(context) {
    const { openPool } = await import('../sql/mariadb/modules/connect.ts');
    const { MariadbOperator } = await import('./mariadb.ts');
    const pool = openPool(moduleContext(context), { ...databaseOf(context), connections: CONNECTIONS });
    return new MariadbOperator(pool, context.prefix, () => pool.end());
  },
  async sqlite({ file = '', prefix }) {
    const { DatabaseSync: Database } = await import('node:sqlite');
    const { machineClock } = await import('../sql/sqlite/clock.ts');
    const { SqliteOperator } = await import('./sqlite.ts');
    // One that is not there is not made.
    const database = new Database(`file:${encodeURI(file)}?mode=rw`, { timeout: READY_WITHIN_MS });
    return new SqliteOperator(database, machineClock(), prefix, () => database.close());
  },
  async zookeeper(context) {
    const { clientMaker } = await import('../zookeeper/module.ts');
    const { systemClock } = await import('../lease/clock.ts');
    const { Sessions } = await import('../zookeeper/sessions.ts');
    const { ZookeeperOperator } = await import('./zookeeper.ts');
    const createClient = clientMaker(moduleContext(context));
    const sessions = new Sessions(
      () => createClient(SESSION_MS),
      systemClock,
      () => undefined,
    );
    const close = (): Promise<void> => sessions.close(READY_WITHIN_MS, true);
    try {
      await sessions.settled(AbortSignal.timeout(READY_WITHIN_MS));
      return new ZookeeperOperator(sessions.current, context.prefix, close);
    } catch (error) {
      await close();
      throw error;
    }
  },
  async etcd(context) {
    const { openClient } = await import('../etcd/module.ts');
    const { EtcdOperator } = await import('./etcd.ts');
    return new EtcdOperator(openClient(context.endpoints), context.prefix);
  },
  async consul(context) {
    const { openClients } = await import('../consul/module.ts');
    const { ConsulOperator } = await import('./consul.ts');
    return new ConsulOperator(openClients(context.endpoints), context.prefix);
  },
};

function databaseOf({ user, database }: OperatorContext): { readonly user?: string; readonly database?: string } {
  return { ...(user === undefined ? {} : { user }), ...(database === undefined ? {} : { database }) };
}

/** What the modules' own ways to connect want to know. */
function moduleContext({ endpoints, prefix }: OperatorContext): ConnectContext {
  return { endpoints, natMap: {}, prefix, folder: '', options: {}, signal: new AbortController().signal };
}
