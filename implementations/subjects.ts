/** Locks of this package that live in processes of their own: their subject files, found where they lie. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

export interface SubjectEntry {
  /** As it is tested by: the name of its package, such as `pypi:redis` or `maven:redisson#fair`. */
  readonly name: string;
  /** The folder that it lies in, such as `python`. */
  readonly language: string;
  readonly summary: string;
  readonly backend: string;
  /** Of its file, to be loaded by a worker. */
  readonly url: string;
}

/** Sources lie in the folder of the package, what is compiled one below; subjects are never compiled. */
const PACKAGE = new URL(extname(import.meta.url) === '.ts' ? './' : '../', import.meta.url);

/** Published libraries: `adapters/<language>/<library>/<any name>.json`. */
export const publishedSubjects = (): SubjectEntry[] => subjectsIn('adapters/');

/** Locks with one known mistake each: `broken/subjects/<language>/<any folder>/<any name>.json`. */
export const brokenSubjects = (): SubjectEntry[] => subjectsIn('broken/subjects/');

function subjectsIn(path: string): SubjectEntry[] {
  const root = new URL(path, PACKAGE);
  return foldersIn(root).flatMap((language) => {
    const ofLanguage = new URL(`${language}/`, root);
    return foldersIn(ofLanguage).flatMap((library) => filesIn(new URL(`${library}/`, ofLanguage), language));
  });
}

function filesIn(folder: URL, language: string): SubjectEntry[] {
  return sorted(readdirSync(folder))
    .filter((file) => file.endsWith('.json'))
    .flatMap((file) => {
      const path = fileURLToPath(new URL(file, folder));
      const said = JSON.parse(readFileSync(path, 'utf8')) as Record<string, string | undefined>;
      // A package manager may keep files of its own there.
      if (said['holdfast'] !== 'subject') return [];
      const { name = '', summary = '', backend = '' } = said;
      return [{ name, language, summary, backend, url: pathToFileURL(path).href }];
    });
}

const foldersIn = (folder: URL): string[] =>
  existsSync(folder)
    ? sorted(readdirSync(folder, { withFileTypes: true }).flatMap((one) => (one.isDirectory() ? [one.name] : [])))
    : [];

const sorted = (names: readonly string[]): string[] => names.toSorted();
