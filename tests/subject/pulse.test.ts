/** On real sockets: what a worker sees of answers that come late, never, or with the end of the connection. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, connect, type AddressInfo, type Server, type Socket } from 'node:net';
import { after, before, beforeEach, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WireObservation } from '../../harness/history/events.ts';
import { Pulse, SLOW_MS } from '../../harness/subject/pulse.ts';

const NODE = 3;

void describe('the pulse of a worker', () => {
  let server: Server;
  let accepted: Socket[];
  let seen: WireObservation[];
  const stalls: number[] = [];
  const pulse = new Pulse(
    (wire) => seen.push(wire),
    (ms) => stalls.push(ms),
  );

  before(async () => {
    server = createServer((socket) => {
      accepted.push(socket);
      socket.on('error', () => undefined);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  after(() => server.close());
  beforeEach(() => {
    accepted = [];
    seen = [];
  });

  async function open(expected = true): Promise<{ client: Socket; peer: Socket }> {
    const { port } = server.address() as AddressInfo;
    pulse.expect(port, expected ? NODE : -1);
    const client = connect(port, '127.0.0.1');
    client.on('error', () => undefined);
    client.resume();
    await once(client, 'connect');
    await until(() => accepted.length > 0);
    return { client, peer: accepted[0] as Socket };
  }

  void test('tells a request that stays open, once, and then its late answer', async () => {
    const { client, peer } = await open();
    client.write('request');
    await until(() => seen.length > 0);
    assert.partialDeepStrictEqual(seen, [{ node: NODE, end: 'open' }]);
    // Another beat may pass, or a hundred: it has been told.
    await sleep(SLOW_MS);
    assert.equal(seen.length, 1);
    peer.write('answer');
    await until(() => seen.length > 1);
    assert.partialDeepStrictEqual(seen[1], { node: NODE, end: 'reply' });
    for (const { ms } of seen) assert.ok(ms >= SLOW_MS, `${ms} ms`);
    client.destroy();
    await until(() => client.closed);
    assert.equal(seen.length, 2, 'nothing was pending any more');
  });

  void test('tells a connection that is closed under a request', async () => {
    const { client, peer } = await open();
    client.write('request');
    await until(() => peer.bytesRead > 0);
    peer.resetAndDestroy();
    await until(() => client.closed);
    assert.equal(seen.at(-1)?.end, 'closed');
    assert.equal(seen.at(-1)?.node, NODE);
  });

  void test('tells nothing of a connection that is closed while nothing is asked', async () => {
    const { client, peer } = await open();
    peer.end();
    client.end();
    await until(() => client.closed);
    assert.deepEqual(seen, []);
  });

  void test('tells nothing of what the server says unasked', async () => {
    const { client, peer } = await open();
    peer.write('news');
    await until(() => client.bytesRead > 0);
    await sleep(SLOW_MS * 2);
    client.destroy();
    await until(() => client.closed);
    assert.deepEqual(seen, []);
  });

  void test('does not watch connections to other ports than those of its nodes', async () => {
    const other = createServer((socket) => accepted.push(socket)).listen(0, '127.0.0.1');
    await once(other, 'listening');
    const client = connect((other.address() as AddressInfo).port, '127.0.0.1');
    await once(client, 'connect');
    client.write('request');
    await until(() => (accepted[0]?.bytesRead ?? 0) > 0);
    client.destroy();
    await until(() => client.closed);
    other.close();
    assert.deepEqual(seen, []);
  });

  void test('tells a stall of the event loop with its length', async () => {
    await sleep(30);
    stalls.length = 0;
    const began = performance.now();
    while (performance.now() - began < 120);
    await until(() => stalls.length > 0);
    assert.ok((stalls[0] ?? 0) >= 90, `${stalls[0]} ms`);
  });
});

async function until(condition: () => boolean): Promise<void> {
  const bound = performance.now() + 30_000;
  while (!condition()) {
    assert.ok(performance.now() < bound, 'not within 30 s');
    await sleep(5);
  }
}
