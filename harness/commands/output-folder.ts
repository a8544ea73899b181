/** The folder that a command is to write into: made, and tried, before anything is started. */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { InfrastructureError, UsageError } from '../base/errors.ts';

/** What a disk that is all but full has no room for. */
const TRIED_BYTES = 64 * 1024;

/**
 * @returns the first folder that was not there; `undefined` when all were
 * @throws UsageError for what cannot be a folder to write into, InfrastructureError when there is no room in it
 */
export function makeOutputFolder(out: string): string | undefined {
  const missing: string[] = [];
  for (let path = resolve(out); !existsSync(path); path = dirname(path)) missing.unshift(path);
  try {
    // One after another: to make them all at once, Node.js asks for ever where it cannot be, as below /proc.
    for (const path of missing) mkdirSync(path);
    const trial = join(out, `.holdfast-${randomBytes(4).toString('hex')}`);
    try {
      writeFileSync(trial, Buffer.alloc(TRIED_BYTES));
    } finally {
      rmSync(trial, { force: true });
    }
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const why = code === 'ENOTDIR' ? 'it is no folder' : message;
    const told = `${out} cannot be written into (${why}): name another folder with --out`;
    throw code === 'ENOSPC' || code === 'EDQUOT' || code === 'EIO'
      ? new InfrastructureError(told, { cause })
      : new UsageError(told, { cause });
  }
  return missing[0];
}
