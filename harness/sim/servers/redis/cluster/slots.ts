/** Which slot a key belongs to, and which slots are served together. */

export const SLOTS = 16_384;
/** Slots are never moved one by one: those that a primary had at first stay together. */
export const SHARDS = 3;

/** CRC16-CCITT (XMODEM) by the byte. */
const CRC = Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 8;
  for (let bit = 0; bit < 8; bit += 1) crc = (crc & 0x8000) === 0 ? crc << 1 : (crc << 1) ^ 0x1021;
  return crc & 0xffff;
});

/** What is between the first braces of a key counts for all of it. One byte in each character. */
export function slotOf(key: string): number {
  const open = key.indexOf('{');
  const close = open < 0 ? -1 : key.indexOf('}', open + 1);
  const hashed = close > open + 1 ? key.slice(open + 1, close) : key;
  let crc = 0;
  for (let index = 0; index < hashed.length; index += 1) {
    crc = ((crc << 8) & 0xffff) ^ (CRC[((crc >> 8) ^ hashed.charCodeAt(index)) & 0xff] ?? 0);
  }
  return crc % SLOTS;
}

/** First and last slot, as the real deployment deals them out (`harness/backends/servers/redis-cluster.ts`). */
export function rangeOf(shard: number): readonly [first: number, last: number] {
  return [Math.ceil((SLOTS / SHARDS) * shard), Math.ceil((SLOTS / SHARDS) * (shard + 1)) - 1];
}

export function shardOf(slot: number): number {
  return [...Array(SHARDS).keys()].findIndex((shard) => slot <= rangeOf(shard)[1]);
}
