/** Commands that Ctrl-C ends in order. */
import { EXIT, type ExitCode } from '../verdict/exit-codes.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * The first Ctrl-C aborts `signal`, so that the command can end in order and report what it has; the second ends the
 * process at once, and the reaper of the session tidies up.
 */
export async function interruptible(command: (signal: AbortSignal) => Promise<ExitCode>): Promise<ExitCode> {
  const interrupt = new AbortController();
  const onSignal = (): void => {
    if (interrupt.signal.aborted) process.exit(EXIT.interrupted);
    interrupt.abort(new Error('interrupted'));
  };
  for (const name of SIGNALS) process.on(name, onSignal);
  try {
    const code = await command(interrupt.signal);
    return interrupt.signal.aborted ? EXIT.interrupted : code;
  } finally {
    for (const name of SIGNALS) process.off(name, onSignal);
  }
}

export function tellNothingToReport(before: string): void {
  process.stderr.write(`holdfast: interrupted before ${before}\n`);
}
