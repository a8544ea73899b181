/**
 * `Promise.all` that waits for all: when one rejects, the others are still settled first, so that what they started is
 * known and can be stopped.
 */
export async function allSettled<T extends readonly unknown[]>(promises: {
  readonly [Index in keyof T]: Promise<T[Index]>;
}): Promise<T> {
  await Promise.allSettled(promises);
  return (await Promise.all(promises)) as unknown as T;
}
