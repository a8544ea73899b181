export function causeOf(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
