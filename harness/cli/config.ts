/** The project's settings: `holdfast.config.ts` or `holdfast.config.json` in the current folder. Flags win over it. */
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import { externalSchema } from '../backends/external-config.ts';
import { BACKEND_CHOICES } from '../backends/choose.ts';
import { leaseLength } from '../commands/request.ts';
import { PROFILE_NAMES } from '../plan/profiles.ts';
import { UsageError } from '../base/errors.ts';
import { parseJson } from '../base/json.ts';
import { freeSettings, shortListOf, shortText } from '../base/limits.ts';
import { describeIssues } from '../base/issues.ts';

const configSchema = z.strictObject({
  impl: shortText.optional(),
  /** Of that lock, or of whatever lock is named instead. */
  options: freeSettings.optional(),
  leaseMs: leaseLength.optional(),
  profile: z.enum(PROFILE_NAMES).optional(),
  backend: z.enum(BACKEND_CHOICES).optional(),
  out: shortText.optional(),
  /** Such as `acquire p(99)<50`; those of `--threshold` are added to them. */
  thresholds: shortListOf(shortText).optional(),
  external: externalSchema.optional(),
});
export type Config = z.infer<typeof configSchema>;

const FILES = ['holdfast.config.ts', 'holdfast.config.js', 'holdfast.config.json'];

/** @throws UsageError that names the file, the field and what is expected. */
export async function loadConfig(folder = process.cwd()): Promise<Config> {
  const path = FILES.map((file) => resolve(folder, file)).find((file) => existsSync(file));
  if (path === undefined) return {};
  const parsed = configSchema.safeParse(await read(path));
  if (!parsed.success) throw new UsageError(`${path} is not a valid configuration: ${describeIssues(parsed.error)}`);
  return parsed.data;
}

async function read(path: string): Promise<unknown> {
  try {
    if (path.endsWith('.json')) return parseJson(readFileSync(path, 'utf8'));
    return ((await import(pathToFileURL(path).href)) as { default?: unknown }).default;
  } catch (cause) {
    throw new UsageError(`${path} cannot be read: ${(cause as Error).message}`, { cause });
  }
}
