/** `npm run schema`: writes `report.schema.json` anew after the report's zod schema has changed. */
import { writeFile } from 'node:fs/promises';
import { reportJsonSchema } from './json.ts';

await writeFile(
  new URL('report.schema.json', import.meta.url),
  `${JSON.stringify(reportJsonSchema(), undefined, 2)}\n`,
);
