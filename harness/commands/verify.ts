/** `verify`: searches for violations of what locks claim. */
import { callerOf, type CommandOptions } from './caller.ts';
import { locksOf } from './locks.ts';
import { parseRequest } from './request.ts';
import type { RunResult } from './result.ts';
import type { VerifyEvent } from './verify-events.ts';
import { verifyLocks } from './verify-locks.ts';
import { verifySchema, type VerifyRequest } from './verify-request.ts';
import { settingsOf } from './verify-settings.ts';

export async function verify(request: VerifyRequest, options: CommandOptions<VerifyEvent> = {}): Promise<RunResult> {
  const parsed = parseRequest('verify', verifySchema, request);
  const locks = await locksOf(parsed);
  return verifyLocks(locks, settingsOf(parsed), callerOf('verify', request, options));
}
