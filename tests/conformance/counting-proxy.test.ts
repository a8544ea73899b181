/** The proxy that counts round trips, between a client and a server that answers when the test says so. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { afterEach, beforeEach, it } from 'node:test';
import { CountingProxy } from '../../harness/backends/counting-proxy.ts';

let proxy: CountingProxy;
let client: Socket;
let server: Socket;
let close: () => Promise<void>;

beforeEach(async () => {
  const listener = createServer();
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as AddressInfo;
  proxy = await CountingProxy.open({ host: '127.0.0.1', port }, 'redis');
  client = connect(proxy.endpoint);
  [server] = (await once(listener, 'connection')) as [Socket];
  close = async () => {
    client.destroy();
    await proxy.close();
    listener.close();
  };
});
afterEach(() => close());

async function ask(question: string): Promise<void> {
  client.write(question);
  await once(server, 'data');
}

void it('after a pause until all is quiet, the next question is a round trip of its own, however late the answer', async () => {
  await ask('first');
  let quiet = false;
  const pause = proxy.quiet(new AbortController().signal).then(() => (quiet = true));
  await new Promise(setImmediate);
  assert.equal(quiet, false);
  server.write('answer to the first');
  await pause;
  await ask('second');
  assert.equal(proxy.trips, 2);
});

void it('a question that is never answered is waited for until the signal aborts', async () => {
  await ask('until something changes');
  const patience = new AbortController();
  const pause = proxy.quiet(patience.signal);
  patience.abort();
  await pause;
});
