/** `subject.schema.json` and `protocol.schema.json`: for locks in processes of their own, and for editors. */
import { z } from 'zod';
import { answerSchema, eventSchema, helloSchema, requestSchema } from '../harness/subject/protocol/messages.ts';
import { subjectFileSchema } from '../harness/subject/protocol/file.ts';

type JsonSchema = Readonly<Record<string, unknown>>;

const schemaOf = (schema: z.ZodType): JsonSchema => z.toJSONSchema(schema, { io: 'input', target: 'draft-2020-12' });

/** Of a subject file. */
export function subjectJsonSchema(): JsonSchema {
  return {
    title: 'Holdfast subject',
    description: 'A lock under test in a process of its own.',
    ...schemaOf(subjectFileSchema),
  };
}

/** Of every line of the protocol, by who writes it. */
export function protocolJsonSchema(): JsonSchema {
  return {
    title: 'Holdfast protocol, version 1',
    description: 'Lines that a worker writes (`request`) and that a subject writes (`hello`, `answer`, `event`).',
    $defs: {
      request: schemaOf(requestSchema),
      hello: schemaOf(helloSchema),
      answer: schemaOf(answerSchema),
      event: schemaOf(eventSchema),
    },
    anyOf: ['request', 'hello', 'answer', 'event'].map((line) => ({ $ref: `#/$defs/${line}` })),
  };
}
