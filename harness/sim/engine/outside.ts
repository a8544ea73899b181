/**
 * What simulated processes ask of the real world: files, names, other threads, sockets, whatever Node answers in turns of its
 * real event loop, which in virtual time never come. Watched in practice runs only, for it costs a call for each resource.
 */
import { AsyncResource, createHook } from 'node:async_hooks';
import { activeWorld } from './active.ts';
import { context } from './real.ts';
import { callOf, captureStack, moduleOf, type Frame } from './stack.ts';

export interface RealCall {
  /** Such as `readFile of fs/promises`. */
  readonly call: string;
  /** Name of the package, or path of the file, that called; absent: unknown. */
  readonly module: string | undefined;
}

export interface Overheard {
  /** Asked for, with an answer awaited: the process does not go on as it would. */
  readonly asked: readonly RealCall[];
  /** What stand-ins of Node's parts were asked to tell of and never do: of use where nothing else explains a silence. */
  readonly unheard: readonly RealCall[];
}

/**
 * Nothing outside is waited for: Node's own queues and parsers, which the simulation drains and feeds, and what its resolvers
 * of names are set to, whose questions are resources of their own.
 */
const QUEUED = ['PROMISE', 'TickObject', 'Microtask'];
const INSIDE = new Set([...QUEUED, 'HTTPINCOMINGMESSAGE', 'HTTPCLIENTREQUEST', 'DNSCHANNEL']);

interface Suspect {
  readonly type: string;
  readonly resource: object;
  readonly stack: readonly Frame[];
}

interface Watch {
  readonly suspects: Suspect[];
  readonly unheard: RealCall[];
}

let watch: Watch | undefined;

/** Code of the lock under test, or of a library of its, is running: what it asks for is its own doing. */
const belongsToProcess = (): boolean => activeWorld() !== undefined && context.getStore() !== undefined;

// Promises are not looked at: they wait for something that is.
const options: Parameters<typeof createHook>[0] & { readonly trackPromises: boolean } = {
  trackPromises: false,
  init(_id, type, _trigger, resource) {
    if (watch === undefined || INSIDE.has(type) || resource instanceof AsyncResource || !belongsToProcess()) return;
    watch.suspects.push({ type, resource, stack: captureStack() });
  },
};
const hook = createHook(options);

/** Runs `act`, and tells what was asked for meanwhile. */
export async function overhear<T>(
  act: () => Promise<T>,
): Promise<{ readonly ended: T; readonly overheard: Overheard }> {
  const own: Watch = { suspects: [], unheard: [] };
  watch = own;
  hook.enable();
  try {
    const ended = await act();
    const asked = own.suspects.filter(isWaitedFor).map(({ stack, type }) => realCall(stack, type));
    return { ended, overheard: { asked, unheard: own.unheard } };
  } finally {
    hook.disable();
    watch = undefined;
  }
}

/** Whether anybody wants to know: what is done for it alone can else be spared. */
export const isOverhearing = (): boolean => watch !== undefined;

/** A process listens for what its stand-in never tells of. */
export function noteUnheard(call: string): void {
  if (watch !== undefined && belongsToProcess()) watch.unheard.push({ call, module: moduleOf(captureStack()) });
}

/** What is done at once makes the same resources: by Node's own rule, its functions are named so, or take no listener. */
function isWaitedFor({ resource, stack }: Suspect): boolean {
  const own = stack.slice(0, firstOutside(stack));
  if (own.some(({ name }) => name.endsWith('Sync'))) return false;
  const isJob = resource.constructor.name.endsWith('Job');
  return !isJob || 'ondone' in resource || own.some(({ file }) => file.endsWith('/webcrypto'));
}

function firstOutside(stack: readonly Frame[]): number {
  const first = stack.findIndex(({ file }) => !file.startsWith('node:'));
  return first < 0 ? stack.length : first;
}

const realCall = (stack: readonly Frame[], type: string): RealCall => ({
  call: callOf(stack.slice(0, firstOutside(stack))) ?? type.toLowerCase(),
  module: moduleOf(stack),
});
