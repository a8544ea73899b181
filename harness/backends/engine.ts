/** The Docker engine, as the docker command finds it. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { findCommand } from './binaries.ts';

const ANSWER_WITHIN_MS = 5000;

/** Version of the Docker engine that answers, if one does. */
export async function dockerVersion(): Promise<string | undefined> {
  return ask('version', '--format', '{{.Server.Version}}');
}

/** Address of the engine that the docker command uses: of `DOCKER_HOST`, or else of its current context. */
export async function engineAddress(): Promise<string | undefined> {
  return process.env['DOCKER_HOST'] ?? ask('context', 'inspect', '--format', '{{.Endpoints.docker.Host}}');
}

async function ask(...args: string[]): Promise<string | undefined> {
  if (findCommand('docker') === undefined) return undefined;
  try {
    const { stdout } = await promisify(execFile)('docker', args, { timeout: ANSWER_WITHIN_MS });
    return stdout.trim() || undefined;
  } catch {
    // Told as "no engine answers": there is no command, no engine, or no answer.
    return undefined;
  }
}
