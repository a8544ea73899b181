/** `holdfast check`: verdicts on history files from anywhere. */
import { InvalidArgumentError, type Command } from 'commander';
import type { FileVerdict } from '../check/check.ts';
import { MODELS, type Model } from '../check/verdict.ts';
import { check as checkFiles, type CheckedFile } from '../commands/check.ts';
import { hint } from '../commands/names.ts';
import { EXIT, worst, type ExitCode } from '../verdict/exit-codes.ts';

export interface CheckOptions {
  readonly files: readonly string[];
  /** Wins over the headers of the files. */
  readonly model?: Model;
  readonly json: boolean;
}

export interface CheckOutput {
  readonly out: (line: string) => void;
  readonly err: (line: string) => void;
}

/** @returns 2 when a file cannot be read, else 1 when a history is invalid, else 4 when one is undecided, else 0. */
export async function check({ files, model, json }: CheckOptions, { out, err }: CheckOutput): Promise<ExitCode> {
  const show = (file: CheckedFile): void => {
    if (file.outcome === 'unreadable') return err(file.message);
    for (const warning of file.warnings) err(`${file.file}: warning: ${warning}`);
    if (json) out(JSON.stringify(asJson(file)));
    else for (const line of inWords(file)) out(line);
  };
  const checked = await checkFiles({ files, ...(model && { model }) }, { onEvent: show });
  return worst(checked.files.map(exitCodeOf));
}

function exitCodeOf(file: CheckedFile): ExitCode {
  if (file.outcome === 'unreadable') return EXIT.usage;
  const { verdict } = file;
  if (verdict.valid === 'unknown') return EXIT.inconclusive;
  return verdict.valid ? EXIT.ok : EXIT.violated;
}

function asJson({ file, verdict, elapsedMs, ignored }: FileVerdict): Record<string, unknown> {
  const { model, valid, operations, findings, reason } = verdict;
  const violation = findings.find(({ kind }) => kind === 'violation');
  return {
    file,
    model,
    valid,
    operations,
    elapsedMs: Math.round(elapsedMs * 10) / 10,
    ...(violation && { witness: { summary: violation.summary, events: violation.witness } }),
    ...(reason !== undefined && { reason }),
    ...(Object.keys(ignored).length > 0 && { ignored }),
  };
}

/** Findings that are told without `--json`. */
const MAX_TOLD = 5;

function inWords({ file, verdict, elapsedMs, ignored }: FileVerdict): string[] {
  const { model, valid, operations, findings, reason } = verdict;
  const answer = valid === 'unknown' ? `unknown (${reason ?? 'no reason'})` : valid ? 'valid' : 'INVALID';
  const told = findings.slice(0, MAX_TOLD).map(({ kind, property, summary }) => `  ${kind} of ${property}: ${summary}`);
  const more = findings.length - told.length;
  const passedOver = Object.entries(ignored).map(([what, count]) => `${count} ${what}`);
  return [
    `${file}: ${answer}: ${operations} operations of model ${model}, ${elapsedMs.toFixed(0)} ms`,
    ...told,
    ...(more > 0 ? [`  and ${more} more`] : []),
    ...(passedOver.length > 0 ? [`  not looked at: ${passedOver.join(', ')}`] : []),
    ...(findings[0]?.witness ?? []).map((event) => `    ${JSON.stringify(event)}`),
  ];
}

export function addCheck(program: Command, done: (code: ExitCode) => void): void {
  program
    .command('check')
    .description('judge histories from anywhere (docs/history-format.md)')
    .argument('<file...>', "histories: one JSON object a line, or Jepsen's EDN or JSON; also .gz")
    .option('--model <name>', `what to judge by; wins over the header's: ${MODELS.join(', ')}`, modelNamed)
    .option('--json', 'one JSON object a line and file')
    .action(async (files: string[], options: { model?: Model; json?: boolean }) => {
      const output: CheckOutput = {
        out: (line) => process.stdout.write(`${line}\n`),
        err: (line) => process.stderr.write(`holdfast: ${line}\n`),
      };
      done(await check({ files, ...options, json: options.json === true }, output));
    });
}

function modelNamed(name: string): Model {
  const model = MODELS.find((one) => one === name);
  if (model === undefined) throw new InvalidArgumentError(`there is no such model${hint(name, MODELS)}`);
  return model;
}
