/** A MariaDB on which tests of its model play, real or simulated, through the locks' own client. */
import type { Connection, FieldPacket, ResultSetHeader, RowDataPacket } from 'mysql2/promise';
import { FENCES_FROM } from '../../implementations/sql/mariadb/lease-statements.ts';
import type { Endpoint } from '../../implementations/lock.ts';
import { inWorld, install } from './in-world.ts';
import type { Servers } from '../../tools/servers.ts';

install();
const { createConnection } = await import('mysql2/promise');

export type { Connection };

export interface Stage {
  open(): Promise<Connection>;
  /** Resolves when the server has ended this session, and given back what it held. */
  gone(threadId: number): Promise<void>;
  /** Kills the server and starts it again. */
  crash(keepData: boolean): Promise<void>;
}

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function open({ host, port }: Endpoint): Promise<Connection> {
  const connection = await createConnection({ host, port, user: 'root', database: 'holdfast' });
  connection.on('error', () => undefined);
  return connection;
}

interface Node {
  readonly endpoint: Endpoint;
  crash(): Promise<void>;
  restart(options: { readonly keepData: boolean }): Promise<void>;
}

const stageOn = (node: Node, gone: Stage['gone']): Stage => ({
  open: () => open(node.endpoint),
  gone,
  crash: async (keepData) => {
    await node.crash();
    await node.restart({ keepData });
  },
});

export function onServer<T>(servers: Servers, play: (stage: Stage) => Promise<T>): Promise<T> {
  const [node] = servers.deployment.nodes;
  if (node === undefined) throw new Error('a deployment without servers');
  const gone = async (threadId: number): Promise<void> => {
    const admin = await open(node.endpoint);
    const count = async (): Promise<unknown> => {
      const sql = 'SELECT COUNT(*) AS count FROM information_schema.processlist WHERE id = ?';
      const [rows] = await admin.query<RowDataPacket[]>(sql, [threadId]);
      return rows[0]?.['count'];
    };
    while ((await count()) !== 0) await sleep(1);
    admin.destroy();
  };
  return play(stageOn(node, gone));
}

export function onModel<T>(play: (stage: Stage) => Promise<T>): Promise<T> {
  return inWorld('mariadb', 1, async ({ nodes: [node] }) => {
    if (node === undefined) throw new Error('a world without servers');
    return play(stageOn(node, () => sleep(5)));
  });
}

/** What a client makes of an answer; what differs from run to run is left out, and fences are told to `fences`. */
export async function answerTo(
  connection: Connection,
  sql: string,
  values: readonly unknown[] = [],
  fences: bigint[] = [],
): Promise<unknown> {
  try {
    const [result, fields] = await connection.query({ sql, values: [...values] });
    const results: readonly unknown[] = Array.isArray(result) ? result : [result];
    const isOne = !Array.isArray(result) || !results.some((one) => Array.isArray(one) || isHeader(one));
    const columns = (fields as (FieldPacket | FieldPacket[] | undefined)[] | undefined)
      ?.flat()
      .map((field) => field && described(field));
    return { columns, result: isOne ? plain(result, fences) : results.map((one) => plain(one, fences)) };
  } catch (error) {
    const { errno, code, sqlState, message } = error as Error & Record<'errno' | 'code' | 'sqlState', unknown>;
    return { errno, code, sqlState, message: message.replaceAll(/\d+/g, '#') };
  }
}

const described = ({ name, columnType, characterSet }: FieldPacket & { readonly characterSet?: number }): unknown => ({
  ...{ name, columnType, characterSet },
});

const isHeader = (one: unknown): one is ResultSetHeader =>
  typeof one === 'object' && one !== null && 'affectedRows' in one;

/** A lease in a test is a hundred seconds long. */
const MOST_OF_IT_MS = 50_000;

function plain(result: unknown, fences: bigint[]): unknown {
  if (Array.isArray(result)) {
    return result.map(({ fence, remaining, ...others }: RowDataPacket) => ({
      ...others,
      fence: typeof fence === 'string' && fence !== 'busy' ? toldTo(fences, BigInt(fence)) : fence,
      remaining: remaining === undefined ? undefined : Number(remaining) > MOST_OF_IT_MS,
    }));
  }
  if (!isHeader(result)) return result;
  const { insertId, ...others } = result;
  if (insertId >= FENCES_FROM) return { ...others, fence: toldTo(fences, BigInt(insertId)) };
  return { ...others, remaining: insertId === 0 ? undefined : insertId > MOST_OF_IT_MS * 1000 };
}

const toldTo = (fences: bigint[], fence: bigint): bigint => (fences.push(fence), fence);

/** With each fence's rank in its place. */
export function ranked(answers: unknown, fences: readonly bigint[]): unknown {
  const ranks = [...new Set(fences)].toSorted((a, b) => Number(a - b));
  const text = JSON.stringify(answers, (_, value: unknown) =>
    typeof value === 'bigint' ? `fence ${ranks.indexOf(value)}` : value,
  );
  return JSON.parse(text) as unknown;
}
