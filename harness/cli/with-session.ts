/** Running a command inside a session that ends with it, however it ends. */
import { Session } from '../backends/session.ts';
import { EXIT, type ExitCode } from '../verdict/exit-codes.ts';

/**
 * The first Ctrl-C aborts `signal`, so that the command can end in order and report what it has; the second ends the
 * process at once, and the session's reaper tidies up.
 */
export async function withSession(
  command: (session: Session, signal: AbortSignal) => Promise<ExitCode>,
): Promise<ExitCode> {
  const interrupt = new AbortController();
  const onSignal = (): void => {
    if (interrupt.signal.aborted) process.exit(EXIT.interrupted);
    interrupt.abort(new Error('interrupted'));
  };
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, onSignal);
  const session = await Session.open();
  try {
    const code = await command(session, interrupt.signal);
    return interrupt.signal.aborted ? EXIT.interrupted : code;
  } catch (error) {
    if (!interrupt.signal.aborted) throw error;
    process.stderr.write('holdfast: interrupted before there was anything to report\n');
    return EXIT.interrupted;
  } finally {
    await session.close();
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.off(name, onSignal);
  }
}
