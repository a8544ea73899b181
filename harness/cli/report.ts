/** `report`: renders a run again from its saved files. */
import type { Command } from 'commander';
import { report as renderAgain } from '../commands/report.ts';
import type { ExitCode } from '../verdict/exit-codes.ts';
import { printReport } from './render.ts';

export function addReport(program: Command, done: (code: ExitCode) => void): void {
  program
    .command('report')
    .description('render the reports of a run again from its saved files')
    .argument('[run]', 'run folder', 'runs/latest')
    .option('--json', 'print the report as one JSON object')
    .action(async (run: string, options: { json?: boolean }) => {
      const { report, folder } = await renderAgain({ run });
      printReport(report, folder, options);
      done(report.exitCode);
    });
}
