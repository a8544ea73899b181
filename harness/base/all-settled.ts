/**
 * `Promise.all` that waits for all: when one rejects, the others are still settled first, so that what they started is
 * known and can be stopped.
 */
export async function allSettled<T extends readonly unknown[]>(promises: {
  readonly [Index in keyof T]: Promise<T[Index]>;
}): Promise<{ -readonly [Index in keyof T]: Awaited<T[Index]> }> {
  await Promise.allSettled(promises);
  return Promise.all<T>(promises as unknown as T);
}
