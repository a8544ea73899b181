/** `check`: verdicts on history files from anywhere. */
import { z } from 'zod';
import { checkFile, type FileVerdict } from '../check/check.ts';
import { MODELS, type Model } from '../check/verdict.ts';
import { HistoryError } from '../history/errors.ts';
import { parseRequest } from './request.ts';

export interface CheckRequest {
  /** Histories, one JSON object a line. */
  readonly files: readonly string[];
  /** What to judge by; wins over the headers of the files. */
  readonly model?: Model;
}

/** What became of one file: its verdict, or why it cannot be read. */
export type CheckedFile =
  | ({ readonly outcome: 'judged' } & FileVerdict)
  | { readonly outcome: 'unreadable'; readonly file: string; readonly message: string };

export interface CheckResult {
  /** In the order of the request; fewer when it was interrupted. */
  readonly files: readonly CheckedFile[];
  readonly interrupted: boolean;
}

export interface CheckOptions {
  /** Ends it after the file that is being judged. */
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: CheckEvent) => void;
}

export type CheckEvent = { readonly type: 'file' } & CheckedFile;

const shape = {
  files: z.array(z.string().min(1)).min(1),
  model: z.enum(MODELS).optional(),
} satisfies Record<keyof CheckRequest, z.ZodType>;
const checkSchema = z.strictObject(shape);

export async function check(request: CheckRequest, { signal, onEvent }: CheckOptions = {}): Promise<CheckResult> {
  const { files, model } = parseRequest('check', checkSchema, request);
  const checked: CheckedFile[] = [];
  for (const file of files) {
    if (signal?.aborted === true) break;
    const one = await checkOne(file, model);
    checked.push(one);
    onEvent?.({ type: 'file', ...one });
  }
  return { files: checked, interrupted: checked.length < files.length };
}

async function checkOne(file: string, model: Model | undefined): Promise<CheckedFile> {
  try {
    return { outcome: 'judged', ...(await checkFile(file, model)) };
  } catch (error) {
    if (!(error instanceof HistoryError)) throw error;
    return { outcome: 'unreadable', file, message: error.message };
  }
}
