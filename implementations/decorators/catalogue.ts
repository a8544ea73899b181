/** Decorators by name. Each lies in a folder of its own, and is loaded only when asked for: it may stand on a library. */
import { existsSync, readdirSync } from 'node:fs';
import { extname } from 'node:path';

/** As a source, or compiled. */
const EXTENSION = extname(import.meta.url);
const FOLDER = new URL('./', import.meta.url);

/** By name, where its module lies; the module exports `decorator`. */
export const DECORATORS: ReadonlyMap<string, string> = new Map(
  readdirSync(FOLDER, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => [name, new URL(`${name}/module${EXTENSION}`, FOLDER)] as const)
    .filter(([, url]) => existsSync(url))
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, { href }]) => [name, href]),
);
