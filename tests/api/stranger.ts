/** A folder outside of the checkout with a lock, in which `holdfast` is installed, and programs that are run there. */
import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from '../e2e/program.ts';

const run = promisify(execFile);

export class Stranger implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'holdfast-stranger-'));

  constructor() {
    writeFileSync(join(this.folder, 'package.json'), '{ "type": "module" }');
    mkdirSync(join(this.folder, 'node_modules'));
    symlinkSync(ROOT, join(this.folder, 'node_modules', 'holdfast'));
    for (const name of ['fast-check', 'ioredis'])
      symlinkSync(join(ROOT, 'node_modules', name), join(this.folder, 'node_modules', name));
    copyFileSync(join(ROOT, 'examples', 'my-lock.ts'), join(this.folder, 'my-lock.ts'));
  }

  write(name: string, text: string): void {
    writeFileSync(join(this.folder, name), text);
  }

  /** Runs a program of this folder. Rejects when it ends with another exit code than 0. */
  run(program: string): Promise<{ readonly stdout: string; readonly stderr: string }> {
    return run(process.execPath, ['--conditions=holdfast-source', program], {
      cwd: this.folder,
      env: { ...process.env, NODE_OPTIONS: '', NODE_TEST_CONTEXT: '', CI: '' },
    });
  }

  /** @returns what the compiler finds wrong with the programs of this folder */
  async typeErrors(): Promise<string> {
    const types = join(ROOT, 'node_modules', '@types');
    const compilerOptions = { typeRoots: [types], preserveSymlinks: false };
    this.write(
      'tsconfig.json',
      JSON.stringify({ extends: join(ROOT, 'tsconfig.json'), compilerOptions, include: ['*.ts'] }),
    );
    const tsc = join(ROOT, 'node_modules', '.bin', 'tsc');
    return run(tsc, ['-p', this.folder]).then(
      () => '',
      (error: { readonly stdout: string }) => error.stdout,
    );
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
