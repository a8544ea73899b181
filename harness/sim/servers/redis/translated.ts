/** The scripts of our own locks, translated by hand: the fast path. A test holds each against the interpreter. */
import { ACQUIRE, ACQUIRE_FENCED, EXTEND, FENCE_LIFETIME_MS, RELEASE } from 'holdfast-locks/internal/redis/scripts';
import type { Call } from './lua.ts';
import { RedisError, type Reply } from './reply.ts';

type Translation = (call: Call, keys: readonly string[], args: readonly string[]) => Reply;

const acquireFenced: Translation = (call, [key = '', fenceKey = ''], [token = '', leaseMs = '']) => {
  if (call(['SET', key, token, 'NX', 'PX', leaseMs]) !== null) {
    const fence = pcall(call, ['INCR', fenceKey]);
    if (fence instanceof RedisError) call(['DEL', key]);
    if (fence !== 1) return fence;
    const [seconds, micros] = call(['TIME']) as readonly string[];
    const first = Number(seconds) * 1_000_000 + Number(micros);
    call(['SET', fenceKey, String(first), 'PX', String(FENCE_LIFETIME_MS)]);
    return first;
  }
  if (call(['GET', key]) !== token) return -2 - Number(call(['PTTL', key]));
  const fence = call(['GET', fenceKey]);
  if (fence !== null) {
    call(['PEXPIRE', key, leaseMs]);
    return typeof fence === 'string' && /^\s*-?\d+\s*$/.test(fence) ? Number(fence) : null;
  }
  call(['DEL', key]);
  return -2;
};

const acquire: Translation = (call, [key = ''], [token = '', leaseMs = '']) => {
  if (call(['SET', key, token, 'NX', 'PX', leaseMs]) !== null) return 1;
  if (call(['GET', key]) !== token) return -2 - Number(call(['PTTL', key]));
  return call(['PEXPIRE', key, leaseMs]);
};

const extend: Translation = (call, [key = ''], [token = '', leaseMs = '']) =>
  call(['GET', key]) === token ? call(['PEXPIRE', key, leaseMs]) : 0;

const release: Translation = (call, [key = '', fenceKey], [token = '', channel = '', fencingToken]) => {
  if (call(['GET', key]) !== token) return 0;
  call(['DEL', key]);
  if (channel !== '') pcall(call, ['PUBLISH', channel, '']);
  const fence = fenceKey === undefined ? null : call(['GET', fenceKey]);
  return fence !== null && fence !== fencingToken ? -1 : 1;
};

function pcall(call: Call, command: readonly string[]): Reply {
  try {
    return call(command);
  } catch (error) {
    if (error instanceof RedisError) return error;
    throw error;
  }
}

/** With the keys and arguments that it must be given; given fewer, it is the interpreter's. */
interface Translated {
  readonly keys: number;
  readonly args: number;
  readonly run: Translation;
}

const TRANSLATED: ReadonlyMap<string, Translated> = new Map([
  [ACQUIRE_FENCED, { keys: 2, args: 2, run: acquireFenced }],
  [ACQUIRE, { keys: 1, args: 2, run: acquire }],
  [EXTEND, { keys: 1, args: 2, run: extend }],
  [RELEASE, { keys: 1, args: 2, run: release }],
]);

/** By the text of the script; `undefined` where there is none for such a call. */
export function translationOf(
  script: string,
  keys: readonly string[],
  args: readonly string[],
): Translation | undefined {
  const translated = TRANSLATED.get(script);
  return translated === undefined || keys.length < translated.keys || args.length < translated.args
    ? undefined
    : translated.run;
}
