/** Where the program's own modules are, run from source (.ts) or from the built package (.js). */
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Path of the sibling module `name` (without extension) of the module with the URL `from`../backends/. */
export function ownModule(from: string, name: string): string {
  return fileURLToPath(new URL(`${name}${extname(new URL(from).pathname)}`, from));
}
