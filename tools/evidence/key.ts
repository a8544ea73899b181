/** The key of a total: a hash of all that can change it, so that an edit elsewhere leaves it standing. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readModules, ROOT } from '../modules.ts';
import type { Series } from './series.ts';

interface Node {
  readonly imports: readonly string[];
  readonly packages: readonly string[];
}

/** Keys of series by what can change them. */
export class Keys {
  readonly #nodes: ReadonlyMap<string, Node>;
  readonly #versions: Readonly<Record<string, { readonly version?: string } | undefined>>;

  private constructor(nodes: ReadonlyMap<string, Node>) {
    this.#nodes = nodes;
    const lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as {
      packages: Record<string, { version?: string }>;
    };
    this.#versions = lock.packages;
  }

  static async read(): Promise<Keys> {
    const { modules } = await readModules(['implementations', 'harness', 'reports', 'scenarios', 'tests']);
    const own = modules.filter(({ source, coreModule }) => coreModule !== true && !source.includes('node_modules'));
    const nodes = own.map(({ source, dependencies }): [string, Node] => [
      source,
      {
        imports: dependencies.map(({ resolved }) => resolved),
        packages: dependencies.filter(({ dependencyTypes }) => dependencyTypes.some(isPackage)).map(packageOf),
      },
    ]);
    return new Keys(new Map(nodes));
  }

  /** Twelve hexadecimal digits. */
  of({ from }: Series): string {
    const files = this.#closure(from);
    const packages = new Set(files.flatMap((file) => this.#nodes.get(file)?.packages ?? []));
    const hash = createHash('sha256');
    for (const file of files) hash.update(`${file}\0`).update(readFileSync(join(ROOT, file)));
    for (const name of [...packages].toSorted()) {
      hash.update(`${name}@${this.#versions[`node_modules/${name}`]?.version ?? ''}\0`);
    }
    return hash.digest('hex').slice(0, 12);
  }

  /** These files, or all in these folders, and what they import, and so on. */
  #closure(from: readonly string[]): readonly string[] {
    const begun = from.flatMap((path) =>
      this.#nodes.has(path) ? [path] : [...this.#nodes.keys()].filter((file) => file.startsWith(`${path}/`)),
    );
    if (begun.length === 0) throw new Error(`there is no module ${from.join(', ')}`);
    const seen = new Set(begun);
    for (const file of seen)
      for (const next of this.#nodes.get(file)?.imports ?? []) if (this.#nodes.has(next)) seen.add(next);
    return [...seen].toSorted();
  }
}

const isPackage = (type: string): boolean => type.startsWith('npm');
const packageOf = ({ module }: { readonly module: string }): string =>
  module
    .split('/')
    .slice(0, module.startsWith('@') ? 2 : 1)
    .join('/');
