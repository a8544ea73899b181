/** `verify`: searches for violations of what locks claim. */
import { callerOf, type CommandOptions } from './caller.ts';
import { locksOf, publishedLocks } from './locks.ts';
import { parseRequest, RequestError } from './request.ts';
import type { RunResult } from './result.ts';
import type { VerifyEvent } from './verify-events.ts';
import { verifyLocks } from './verify-locks.ts';
import { verifySchema, type VerifyRequest } from './verify-request.ts';
import { settingsOf } from './verify-settings.ts';

export async function verify(request: VerifyRequest, options: CommandOptions<VerifyEvent> = {}): Promise<RunResult> {
  const parsed = parseRequest('verify', verifySchema, request);
  const caller = callerOf('verify', request, options);
  if (!parsed.published) return verifyLocks(await locksOf(parsed), settingsOf(parsed), caller);
  if (parsed.all || parsed.impl !== undefined) throw new RequestError('`published` are all of them: name none');
  const { locks, leftOut } = await publishedLocks();
  return verifyLocks(locks, { ...settingsOf(parsed), leftOut }, caller);
}
