/** Who called what, as the stack has it. */
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface Frame {
  /** Of the function; `new X` for a constructor; empty where it has none. */
  readonly name: string;
  /** `node:…`, a path, or a URL. */
  readonly file: string;
}

const DEPTH = 60;
/** What runs callbacks, rather than being called. */
const QUEUES = /internal\/(process\/task_queues|timers|async_)/;
const FRAME = /^\s*at (?:async )?(?:(.*?) \()?([^()]+?)(?::\d+)?(?::\d+)?\)?$/;

/** From the innermost function outwards, without the simulation's own. */
export function captureStack(): readonly Frame[] {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = DEPTH;
  const { stack = '' } = new Error('here');
  Error.stackTraceLimit = limit;
  return stack
    .split('\n')
    .slice(1)
    .map(read)
    .filter(({ file }) => !isOwn(file) && !file.endsWith('internal/async_hooks'));
}

/** The outermost of Node's functions in an unbroken row from the innermost. */
export function callOf(inNode: readonly Frame[]): string | undefined {
  const named = inNode.findLast(({ name, file }) => name !== '' && name !== 'new Promise' && !QUEUES.test(file));
  if (named === undefined) return undefined;
  const part = named.file.replace(/^node:(internal\/)?/, '');
  return `${named.name.replace(/^Object\./, '')} of node:${part}`;
}

/** The package, or else the file, that called. */
export function moduleOf(stack: readonly Frame[]): string | undefined {
  const caller = stack.find(({ file }) => !file.startsWith('node:') && file !== '<anonymous>');
  return caller === undefined ? undefined : moduleNamed(caller.file);
}

/** Name of the package that a file belongs to, or its path from here. */
function moduleNamed(file: string): string {
  const path = file.startsWith('file:') ? fileURLToPath(file) : file;
  const [, name] = /.*[/\\]node_modules[/\\]((?:@[^/\\]+[/\\])?[^/\\]+)/.exec(path) ?? [];
  return name ?? relative('', path.replace(/\?.*$/, ''));
}

function read(line: string): Frame {
  const [, name = '', file = ''] = FRAME.exec(line) ?? [];
  return { name, file };
}

const OWN = new URL('../', import.meta.url).href;
const OWN_PATH = fileURLToPath(OWN);
const isOwn = (file: string): boolean => file.startsWith(OWN) || file.startsWith(OWN_PATH);
