/** The names that locks have written on a Redis server, or on every primary of a cluster. */

/** As much of a client of `ioredis` as looking for names needs. */
export interface ScanClient {
  scan(
    cursor: string | number,
    match: 'MATCH',
    pattern: string,
    count: 'COUNT',
    most: number,
  ): Promise<[string, string[]]>;
  /** Of a cluster only. */
  nodes?(role: 'master'): readonly ScanClient[];
}

export interface LockName {
  /** As it was asked for, without the prefix. */
  readonly key: string;
  /** What follows the lock's own name: `''`, `:fence`, `:queue` … */
  readonly suffix: string;
}

/** Names that one call of SCAN looks at. */
const PER_CALL = 500;

export async function* scan(client: ScanClient, prefix: string): AsyncGenerator<LockName> {
  const pattern = `${prefix.replaceAll(/[\\*?[\]]/g, '\\$&')}{*}*`;
  for (const node of client.nodes?.('master') ?? [client]) {
    let cursor = '0';
    do {
      const [next, names] = await node.scan(cursor, 'MATCH', pattern, 'COUNT', PER_CALL);
      cursor = next;
      for (const name of names) {
        const [, tag, suffix] = /^\{([^{}]*)\}(.*)$/.exec(name.slice(prefix.length)) ?? [];
        if (tag !== undefined && suffix !== undefined) yield { key: untagged(tag), suffix };
      }
    } while (cursor !== '0');
  }
}

/** Undoes what keeps braces out of a hash tag. */
function untagged(tag: string): string {
  return tag.replaceAll(/%(7B|7D|25)/g, (code) => decodeURIComponent(code));
}
