/** `bench`: how fast locks are under load, and whether they still lock then. */
import { benchLocks } from './bench-locks.ts';
import { benchSchema, type BenchEvent, type BenchRequest } from './bench-request.ts';
import { callerOf, type CommandOptions } from './caller.ts';
import { locksOf } from './locks.ts';
import { parseRequest } from './request.ts';
import type { RunResult } from './result.ts';

export async function bench(request: BenchRequest, options: CommandOptions<BenchEvent> = {}): Promise<RunResult> {
  const parsed = parseRequest('bench', benchSchema, request);
  const locks = await locksOf({ ...parsed, all: false });
  return benchLocks(locks, parsed, callerOf('bench', request, options));
}
