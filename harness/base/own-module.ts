/** Where the program's own modules are, run from source (.ts) or from the built package (.js). */
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Path of the sibling module `name` (without extension) of the module with the URL `from`. */
export function ownModule(from: string, name: string): string {
  return fileURLToPath(new URL(`${name}${extname(new URL(from).pathname)}`, from));
}

/**
 * Flags for Node.js processes and threads that run our modules. In a checkout they take this repository's packages from
 * their sources: `package.json` names those under this condition.
 */
export const OWN_FLAGS: readonly string[] = import.meta.url.endsWith('.ts') ? ['--conditions=holdfast-source'] : [];
