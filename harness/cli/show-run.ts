/** Running a command that makes a report: its progress and its report on the screen, its exit code, Ctrl-C. */
import type { CommandOptions } from '../commands/caller.ts';
import type { ReportedEvent, RunResult } from '../commands/result.ts';
import { EXIT, type ExitCode } from '../verdict/exit-codes.ts';
import { interruptible, tellNothingToReport } from './interruptible.ts';
import { typedCommand } from './options.ts';
import { showReport, type Shown } from './render.ts';

interface Display<Event> {
  take(event: Event): void;
  stop(): void;
}

/** @param early what had not happened when it was interrupted before there was anything to report; `undefined`: nobody asks */
export function showRun<Event extends { readonly type: string }>(
  run: (options: CommandOptions<Event | ReportedEvent>) => Promise<RunResult>,
  display: Display<Event | ReportedEvent>,
  shown: Shown,
  early?: string,
): Promise<ExitCode> {
  return interruptible(async (signal) => {
    const onEvent = (event: Event | ReportedEvent): void => {
      display.take(event);
      if (!isReported(event)) return;
      showReport(event.report, event.folder, shown);
      if (event.report.exitCode === EXIT.infrastructure) process.stderr.write(`holdfast: ${event.report.conclusion}\n`);
    };
    try {
      const { report, folder } = await run({ signal, onEvent, command: typedCommand() });
      if (folder !== undefined) return report.exitCode;
      if (early !== undefined) tellNothingToReport(early);
      return EXIT.interrupted;
    } finally {
      display.stop();
    }
  });
}

const isReported = (event: { readonly type: string }): event is ReportedEvent => event.type === 'reported';
