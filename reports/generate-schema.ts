/** `npm run schema`: writes the JSON Schemas of the package anew after the zod schemas that they come from have changed. */
import { writeFile } from 'node:fs/promises';
import { reportJsonSchema } from './json.ts';
import { protocolJsonSchema, subjectJsonSchema } from './subject-schemas.ts';

for (const [name, schema] of [
  ['report', reportJsonSchema()],
  ['subject', subjectJsonSchema()],
  ['protocol', protocolJsonSchema()],
] as const) {
  await writeFile(new URL(`${name}.schema.json`, import.meta.url), `${JSON.stringify(schema, undefined, 2)}\n`);
}
