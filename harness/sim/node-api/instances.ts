/**
 * The user's own modules, one instance for each simulated process: what stands in their module scope belongs to one process, as
 * it does in the real world. Libraries, and the harness with its locks, are shared by all.
 */
import { createRequire, registerHooks } from 'node:module';
import { pathToFileURL } from 'node:url';
import { chainUrl, linksOf } from '../../base/chain-url.ts';
import { loadingAs } from '../engine/loading.ts';

const MARK = 'holdfast-process';
/** The harness, its scenarios, and the locks that come with it. */
const OURS = ['../../', '../../../scenarios/'].map((path) => new URL(path, import.meta.url).href);
const LOCKS = new URL('./', import.meta.resolve('holdfast-locks')).href;

const isUsers = (url: string): boolean =>
  url.startsWith('file:') && !url.includes('/node_modules/') && ![...OURS, LOCKS].some((ours) => url.startsWith(ours));

/** What is imported by a module of one process is of that process too. Once for a thread. */
export function installInstances(): void {
  registerHooks({
    resolve(specifier, context, nextResolve) {
      const resolved = nextResolve(specifier, context);
      const process = context.parentURL === undefined ? null : markOf(context.parentURL);
      return process === null || !isUsers(resolved.url)
        ? resolved
        : { ...resolved, url: marked(resolved.url, process) };
    },
  });
}

/** More processes than these start over with the modules of the first. */
const MOST = 24;

/** A module as each process has it: to be loaded outside of any world, for loading takes turns of the real event loop. */
export class Instances<T> {
  readonly #url: string;
  readonly #load: (url: string) => Promise<T>;
  readonly #shared: T;
  readonly #own: T[] = [];

  private constructor(url: string, load: (url: string) => Promise<T>, shared: T) {
    this.#url = url;
    this.#load = load;
    this.#shared = shared;
  }

  /** @param load imports a URL, and takes from it what is wanted */
  static async of<T>(url: string, load: (url: string) => Promise<T>): Promise<Instances<T>> {
    // This also loads the libraries: what they draw is then no matter of the first process.
    return new Instances(url, load, await load(url));
  }

  /** Where it makes no difference whose it is. */
  get shared(): T {
    return this.#shared;
  }

  /** Has one ready for each of so many processes. */
  async prepare(processes: number): Promise<void> {
    if (!linksOf(this.#url).some(isUsers)) return;
    while (this.#own.length < Math.min(processes, MOST)) {
      const process = this.#own.length;
      forgetRequired();
      this.#own.push(await loadingAs(process, () => this.#load(ofProcess(this.#url, String(process)))));
    }
  }

  /** As process number `process` of a world has it, in the order in which they start. */
  of(process: number): T {
    return this.#own[process % this.#own.length] ?? this.#shared;
  }
}

const { cache } = createRequire(import.meta.url);

/** What is required is kept by its path, without any mark. */
function forgetRequired(): void {
  for (const path of Object.keys(cache)) if (isUsers(pathToFileURL(path).href)) Reflect.deleteProperty(cache, path);
}

const markOf = (url: string): string | null => new URL(url).searchParams.get(MARK);

/** Ours of a chain are shared, as they are alone. */
function ofProcess(url: string, process: string): string {
  const links = linksOf(url).map((link) => (isUsers(link) ? marked(link, process) : link));
  const [lock = url] = links;
  return links.length === 1 ? lock : chainUrl(links);
}

function marked(url: string, process: string): string {
  const address = new URL(url);
  address.searchParams.set(MARK, process);
  return address.href;
}
