/** The resource process: serves the shared counter to the workers and records every use of it. */
import { createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { Recorder } from '../history/recorder.ts';
import { SharedCounter } from './counter.ts';
import { beginSchema, type ResourceReady } from './messages.ts';
import type { ResourceRequest } from './protocol.ts';

interface Run {
  readonly recorder: Recorder;
  readonly counter: SharedCounter;
}
let run: Run | undefined;

const server = createServer((socket: Socket) => {
  socket.setNoDelay(true);
  // A worker that is killed resets its connection; its next incarnation opens another.
  socket.on('error', () => socket.destroy());
  const lines = createInterface({ input: socket });
  // The interface repeats the errors of its socket.
  lines.on('error', () => lines.close());
  lines.on('line', (line) => {
    const request = requestIn(line);
    // A client of another run that still tries an address which is ours by now.
    if (request === undefined) return void socket.destroy();
    if (run === undefined) throw new Error('used before the first run began');
    const response = run.counter.use(request);
    run.recorder.flush();
    socket.write(`${JSON.stringify(response)}\n`);
  });
});

/** Whoever speaks JSON here is our own resource client, and trusted. */
function requestIn(line: string): ResourceRequest | undefined {
  try {
    return JSON.parse(line) as ResourceRequest;
  } catch {
    return undefined;
  }
}

server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the resource has no port');
  process.send?.({ type: 'ready', port: address.port } satisfies ResourceReady);
});

process.on('message', (message) => {
  const { file, originNs } = beginSchema.parse(message);
  run?.recorder.close();
  const recorder = new Recorder(file, BigInt(originNs));
  // Every run counts from zero, so that its history can be judged alone.
  run = { recorder, counter: new SharedCounter((event) => recorder.record({ ...event, time: recorder.now() })) };
  process.send?.({ type: 'begun' });
});
process.on('disconnect', () => process.exit(0));
