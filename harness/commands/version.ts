/** The version of the program, from its package. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

function find(): string {
  // The package's own folder is above the sources, and one further above what is compiled into `dist`.
  for (let folder = dirname(fileURLToPath(import.meta.url)); folder !== dirname(folder); folder = dirname(folder)) {
    try {
      const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
        name?: string;
        version?: string;
      };
      if (manifest.name === 'holdfast' && manifest.version !== undefined) return manifest.version;
    } catch {
      continue;
    }
  }
  return 'unknown';
}

export const VERSION = find();
