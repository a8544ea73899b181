/** `holdfast alerts`: rules and a dashboard for what the decorator `observed` counts. */
import { Argument, type Command } from 'commander';
import { ALERT_FORMATS, ALERTS, alertsAs, type AlertFormat } from '../commands/alerts.ts';
import { EXIT, type ExitCode } from '../verdict/exit-codes.ts';

export function addAlerts(program: Command, done: (code: ExitCode) => void): void {
  program
    .command('alerts')
    .description('rules for Prometheus, routes for Alertmanager, or a dashboard for Grafana, of what "observed" counts')
    .addArgument(new Argument('[format]', 'what to print').choices(ALERT_FORMATS).default('prometheus'))
    .option('--json', 'print the rules as data')
    .action((format: AlertFormat, { json }: { readonly json?: boolean }) => {
      process.stdout.write(json === true ? `${JSON.stringify({ alerts: ALERTS })}\n` : alertsAs(format));
      done(EXIT.ok);
    });
}
