import { checkClient, memberOf, wrongClient } from '../../client.ts';

/**
 * What the locks need of `mysql2/promise`: its `Pool` and its connections are such. Written down here, so that nobody needs
 * that library's types to compile what uses another lock.
 */
export interface MariadbPool {
  getConnection(): Promise<MariadbConnection>;
}

export interface MariadbConnection {
  readonly threadId: number;
  /** Resolves to what the statement gives, and the description of its columns. */
  query(statement: { readonly sql: string; readonly values?: unknown[] }): Promise<readonly [unknown, unknown]>;
  release(): void;
  destroy(): void;
  on(event: 'error', listener: () => void): unknown;
  once(event: 'error', listener: () => void): unknown;
  off(event: 'error', listener: () => void): unknown;
}

export type MariadbRow = Readonly<Record<string, unknown>>;

const WANTED = 'a pool of mysql2/promise (createPool(…))';

/** The one of `mysql2` itself answers by callbacks, and has a method that gives the wanted one. @throws TypeError */
export function checkPool(pool: unknown): void {
  checkClient(pool, ['getConnection'], WANTED);
  if (memberOf(pool, 'promise') !== undefined) throw wrongClient('give it pool.promise()', WANTED);
}
