#!/usr/bin/env node
/** The door of the program. In a checkout, this repository's packages are taken from their sources. */
import { registerHooks } from 'node:module';

if (import.meta.url.endsWith('.ts')) {
  registerHooks({
    resolve: (specifier, context, next) =>
      next(specifier, { ...context, conditions: [...context.conditions, 'holdfast-source'] }),
  });
}
await import('./program.ts');
