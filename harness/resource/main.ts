/** The resource process: carries out the scenario's operations for the workers and records every one. */
import { createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { reasonOf } from '../base/issues.ts';
import { Recorder } from '../history/recorder.ts';
import { GuardedResource } from './guarded.ts';
import { loadScenario } from './load-scenario.ts';
import { beginSchema, type ResourceBegin, type ResourceMessage } from './messages.ts';
import type { ResourceRequest } from './protocol.ts';

interface Run {
  readonly recorder: Recorder;
  readonly resource: GuardedResource;
}
let run: Run | undefined;

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : reasonOf(error));

const say = (message: ResourceMessage): void => {
  process.send?.(message);
};

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
    try {
      const response = run.resource.use(request);
      run.recorder.flush();
      socket.write(`${JSON.stringify(response)}\n`);
    } catch (error) {
      say({ type: 'failed', message: messageOf(error) });
    }
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
  say({ type: 'ready', port: address.port });
});

async function begin({ file, originNs, scenario, plan }: ResourceBegin): Promise<void> {
  run?.recorder.close();
  const recorder = new Recorder(file, BigInt(originNs));
  const [now, record] = [() => recorder.now(), recorder.record.bind(recorder)];
  // Every run begins with what the scenario states, so that its history can be judged alone.
  run = { recorder, resource: new GuardedResource(await loadScenario(scenario), plan, now, record) };
  say({ type: 'begun' });
}

process.on('message', (message) => {
  begin(beginSchema.parse(message)).catch((error: unknown) => say({ type: 'failed', message: messageOf(error) }));
});
process.on('disconnect', () => process.exit(0));
