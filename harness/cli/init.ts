/** `init`: writes a lock to begin with, and what tests it. */
import { Option, type Command } from 'commander';
import { callOf } from '../base/call.ts';
import { init, offeredLanguages } from '../commands/init.ts';
import type { InitLanguage } from '../commands/init-workflow.ts';
import { EXIT, type ExitCode } from '../verdict/exit-codes.ts';

export function addInit(program: Command, done: (code: ExitCode) => void): void {
  program
    .command('init')
    .description('write a lock to begin with, a configuration and a workflow into the current folder')
    .addOption(new Option('--language <name>', 'of the lock').choices(offeredLanguages()).default('typescript'))
    .option('--json', 'print one JSON object')
    .action((options: { language: InitLanguage; json?: boolean }) => {
      const result = init({ language: options.language });
      const { files, impl } = result;
      if (options.json === true) process.stdout.write(`${JSON.stringify(result)}\n`);
      else process.stdout.write(`${files.map((file) => `  ${file}\n`).join('')}\n${nextSteps(options.language, impl)}`);
      done(EXIT.ok);
    });
}

function nextSteps(language: InitLanguage, impl: string): string {
  if (language === 'typescript')
    return `It needs holdfast and ioredis ("npm install -D holdfast ioredis"). Then: ${callOf('verify')}\n`;
  return (
    `Does it keep the protocol? ${callOf('subject', 'test', impl)}\n` +
    `What does it keep, and what not? ${callOf('verify')} describes it, and prints claims to be pasted into ${impl}.\n`
  );
}
