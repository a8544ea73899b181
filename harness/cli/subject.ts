/** `subject`: what concerns locks that live in processes of their own. */
import type { Command } from 'commander';
import { testSubject } from '../commands/subject-test.ts';
import { paintFor } from '../../reports/terminal/paint.ts';
import { EXIT, type ExitCode } from '../verdict/exit-codes.ts';
import { loadConfig } from './config.ts';
import { lineOf } from './conformance.ts';
import { interruptible } from './interruptible.ts';
import { namesOf } from './lock-names.ts';
import { backendOptions, serverOption, serversOf, type ServerOption, type ServerOptions } from './options.ts';

interface SubjectOptions extends ServerOptions, ServerOption {
  readonly json?: boolean;
}

export function addSubject(program: Command, done: (code: ExitCode) => void): void {
  const subject = program
    .command('subject')
    .description('of locks that live in processes of their own, in any language');
  const command = subject
    .command('test')
    .description('play badly with a subject: does it keep the protocol? (docs/protocol.md)')
    .argument('<file|exec:command>', 'a subject file, or a command with --server')
    .option('--json', 'print one JSON object');
  for (const option of [serverOption(), ...backendOptions()]) command.addOption(option);
  command.action(async (file: string, options: SubjectOptions) => done(await test(file, options)));
}

async function test(file: string, options: SubjectOptions): Promise<ExitCode> {
  const servers = serversOf(options, await loadConfig());
  const [impl = file] = namesOf(file, options.server);
  const paint = paintFor(process.stdout);
  return interruptible(async (signal) => {
    const results = await testSubject({ ...servers, impl }, signal, (result) => {
      if (options.json !== true) process.stdout.write(`${lineOf(result, paint)}\n`);
    });
    if (options.json === true) process.stdout.write(`${JSON.stringify({ cases: results })}\n`);
    return results.some(({ outcome }) => outcome === 'failed') ? EXIT.violated : EXIT.ok;
  });
}
