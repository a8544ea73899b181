/** The URL by which workers load a lock with decorators around it. */

const SCHEME = 'chain:';

/** @param urls of the lock, and of its decorators from the inside out */
export function chainUrl(urls: readonly string[]): string {
  return `${SCHEME}${encodeURIComponent(JSON.stringify(urls))}`;
}

/** The URLs that a chain was made of; of what is no chain, itself. */
export function linksOf(url: string): readonly [string, ...string[]] {
  if (!url.startsWith(SCHEME)) return [url];
  return JSON.parse(decodeURIComponent(url.slice(SCHEME.length))) as [string, ...string[]];
}
