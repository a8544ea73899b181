/** What makes a library simulable, where that is known. */

const REMEDIES: Readonly<Record<string, string>> = {
  // It reads its own version from its package.json whenever it connects; from version 6 on it no longer does.
  ioredis: 'connect with disableClientInfo: true',
};

export function remedyFor(module: string): string | undefined {
  return REMEDIES[module];
}
