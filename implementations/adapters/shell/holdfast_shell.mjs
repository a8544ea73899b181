// Speaks Holdfast's protocol, version 1, for a lock that is a shell script: docs/protocol.md. Of Node.js alone.
//
//   sh my_lock.sh acquire KEY TOKEN LEASE_MS    exits 0: granted, 1: somebody else has it
//   sh my_lock.sh release KEY TOKEN             exits 0: released, 1: it had ended before
//
// in an environment with HOST and PORT of the first server and FOLDER of the run; any other exit code is an outcome that
// nobody knows. A script has no clock of its own: its lease is counted from before it was started, and a grant that came too
// late is none. Waiting is trying again.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

const [script = 'my_lock.sh'] = process.argv.slice(2);
const POLL_MS = 20;
const now = () => process.hrtime.bigint();
/** What each lease has, and the waits that were given up. */
const leases = new Map();
const givenUp = new Set();
let environment = process.env;

const run = (...words) =>
  new Promise((resolve) => {
    const child = spawn('sh', [script, ...words], { env: environment, stdio: ['ignore', 'ignore', 'inherit'] });
    child.once('error', () => resolve(-1));
    child.once('exit', (code) => resolve(code ?? -1));
  });

async function acquire({ id, lease, key, leaseMs, waitMs }) {
  const token = `${process.pid}-${lease}-${Math.random().toString(36).slice(2)}`;
  for (const until = performance.now() + waitMs; ; await sleep(POLL_MS)) {
    const deadline = now() + BigInt(Math.round(leaseMs * 1e6));
    const code = await run('acquire', key, token, String(leaseMs));
    if (code === 0 && now() < deadline) {
      leases.set(lease, [key, token]);
      return { deadlineNs: String(deadline), leaseMs };
    }
    if (code !== 1) return { ok: false, code: 'unavailable', outcome: 'unknown', message: `acquire exits ${code}` };
    if (givenUp.delete(id)) return { ok: false, code: 'aborted', outcome: 'definite' };
    if (performance.now() >= until) return { ok: false, code: waitMs > 0 ? 'timeout' : 'busy', outcome: 'definite' };
  }
}

async function release({ lease }) {
  const held = leases.get(lease);
  if (held === undefined) return { ok: false, code: 'unavailable', outcome: 'definite', message: 'no such lease' };
  leases.delete(lease);
  const code = await run('release', ...held);
  return { outcome: code === 0 ? 'released' : code === 1 ? 'lost' : 'unknown' };
}

async function handle(request) {
  switch (request.cmd) {
    case 'hello': {
      const [{ host, port } = {}] = request.endpoints;
      environment = { ...process.env, HOST: host ?? '', PORT: String(port ?? ''), FOLDER: request.folder };
      return { protocol: 1, name: script, language: 'shell', features: ['abort'], clock: 'monotonic' };
    }
    case 'acquire':
      return acquire(request);
    case 'release':
      return release(request);
    case 'abort':
      givenUp.add(request.of);
      return {};
    case 'ping':
      return {};
    case 'bye':
      return process.exit(0);
    default:
      return { ok: false, code: 'unsupported' };
  }
}

async function answer(line) {
  const request = JSON.parse(line);
  const began = now();
  const said = await handle(request);
  const t = [String(began), String(now())];
  process.stdout.write(`${JSON.stringify({ id: request.id, t, ok: true, ...said })}\n`);
}

const lines = createInterface({ input: process.stdin });
lines.on('line', (line) => void answer(line));
lines.on('close', () => process.exit(0));
