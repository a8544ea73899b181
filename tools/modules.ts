/** The modules of the repository and what each imports, by dependency-cruiser. */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { IConfiguration, ICruiseResult } from 'dependency-cruiser';

export const ROOT = join(import.meta.dirname, '..');

const require = createRequire(import.meta.url);

/** dependency-cruiser walks the tree of swc with a visitor that stops at `using`. */
function teachUsing(): void {
  const { Visitor } = require('@swc/core/Visitor.js') as {
    Visitor: { prototype: { visitStatement: (statement: { type: string }) => unknown } };
  };
  const known = Visitor.prototype.visitStatement;
  Visitor.prototype.visitStatement = function visit(statement) {
    return statement.type === 'UsingDeclaration' ? statement : known.call(this, statement);
  };
}

/** @param paths files and folders, from the root; what they import is read too */
export async function readModules(paths: readonly string[]): Promise<ICruiseResult> {
  teachUsing();
  const { cruise } = await import('dependency-cruiser');
  const { options, forbidden } = require('../.dependency-cruiser.cjs') as IConfiguration;
  const { output } = await cruise([...paths], {
    ...options,
    ruleSet: forbidden === undefined ? {} : { forbidden },
    ...{ validate: true, metrics: true, outputType: 'json', baseDir: ROOT },
  });
  return JSON.parse(output as string) as ICruiseResult;
}
