/** Lock modules that keep their promises and do, after some grants, what no lock may do. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, type Sandbox } from './program.ts';

const MISDEEDS = {
  unfinished: 'return new Promise(() => undefined)',
  'unhandled-error': `void Promise.reject(new Error('left alone'))`,
  exit: 'process.exit(0)',
  contract: 'lease.release = async () => true',
  killed: '',
} as const;
export type Misdeed = keyof typeof MISDEEDS;

const GRANTS = 8;

/** @returns how the module is named on a command line */
export function misbehaving({ work }: Sandbox, misdeed: Misdeed): string {
  const file = `${misdeed}.mjs`;
  writeFileSync(
    join(work, file),
    `import { lock as local } from ${JSON.stringify(join(ROOT, 'implementations', 'baseline', 'local.ts'))};
     const claims = { 'deadlock-freedom': { otherwise: 'holds' } };
     export const lock = { ...local, name: '${misdeed}', claims, async connect(context) {
       const connected = await local.connect(context);
       let grants = 0;
       const acquire = async (key, options) => {
         const lease = await connected.lock.acquire(key, options);
         if ('${misdeed}' === 'killed' && key.includes('p2-')) process.kill(process.pid, 'SIGKILL');
         if (++grants === ${GRANTS}) { ${MISDEEDS[misdeed]}; }
         return lease;
       };
       const lock = { acquire };
       for (const name of ['tryAcquire', 'using', 'inspect', 'health'])
         lock[name] = (...asked) => connected.lock[name](...asked);
       return { lock, close: () => connected.close() };
     } };`,
  );
  return `./${file}`;
}
