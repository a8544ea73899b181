/** What holdfast-locks offers to everybody: the names under which it is imported, from its package.json. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';

const manifest = z
  .object({ exports: z.record(z.string(), z.unknown()) })
  .parse(JSON.parse(readFileSync(new URL('../../implementations/package.json', import.meta.url), 'utf8')));

export const DOORS: readonly string[] = Object.keys(manifest.exports)
  .filter((path) => path !== './package.json' && !path.startsWith('./internal/'))
  .map((path) => `holdfast-locks${path.slice(1)}`);

/** Doors to what stands on a library, a peer that whoever goes through them installs. */
export const LIBRARIES: Readonly<Record<string, string>> = { 'holdfast-locks/circuit-breaker': 'cockatiel' };
