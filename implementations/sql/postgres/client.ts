import { checkClient, memberOf, wrongClient } from '../../client.ts';

/**
 * What the locks need of `pg`: its `Pool` and its clients are such. Written down here, so that nobody needs that library's
 * types to compile what uses another lock.
 */
export interface PostgresPool {
  connect(): Promise<PostgresConnection>;
}

export interface PostgresConnection {
  query(query: PostgresQuery): Promise<PostgresResult>;
  escapeLiteral(text: string): string;
  /** Back into its pool; destroyed with `true`. */
  release(destroy?: boolean): void;
  on(event: 'error' | 'end', listener: () => void): unknown;
  on(event: 'notification', listener: (notification: PostgresNotification) => void): unknown;
  once(event: 'error' | 'end', listener: () => void): unknown;
  off(event: 'error' | 'end', listener: () => void): unknown;
  off(event: 'notification', listener: (notification: PostgresNotification) => void): unknown;
}

export interface PostgresQuery {
  /** Under which the connection keeps it prepared. */
  readonly name?: string;
  readonly text: string;
  readonly values?: unknown[];
}

export interface PostgresResult {
  readonly command: string;
  readonly rowCount: number | null;
  readonly rows: readonly Readonly<Record<string, unknown>>[];
}

export interface PostgresNotification {
  readonly payload?: string | undefined;
}

const WANTED = 'a Pool of pg (new Pool(…))';

/** A single client can be connected, too, but only once, and for one request at a time. @throws TypeError */
export function checkPool(pool: unknown): void {
  checkClient(pool, ['connect'], WANTED);
  if (memberOf(pool, 'escapeLiteral') !== undefined) throw wrongClient('it is a single connection', WANTED);
}
