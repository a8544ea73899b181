import { oneLine } from '../base/issues.ts';

/** A history that cannot be read. The message names the file, the line and the field. */
export class HistoryError extends Error {
  readonly code = 'HISTORY_INVALID';
  /** 1 is the first line of the file, or the first event of an array; 0 when no line is to blame. */
  readonly line: number;
  /** Such as `value.lease`; empty when the whole line is meant. */
  readonly field: string;
  readonly file: string | undefined;
  /** What is wrong, without the place. */
  readonly problem: string;

  constructor(line: number, field: string, problem: string, options?: ErrorOptions & { readonly file?: string }) {
    const place = [options?.file, line > 0 ? `line ${line}` : undefined, field === '' ? undefined : field];
    const said = oneLine(problem);
    super([...place.filter((part) => part !== undefined), said].join(': '), options);
    this.name = 'HistoryError';
    this.line = line;
    this.field = field;
    this.file = options?.file;
    this.problem = said;
  }

  /** The same error with the file's name in its message. */
  inFile(file: string): HistoryError {
    return new HistoryError(this.line, this.field, this.problem, { file, cause: this.cause });
  }
}
