/** The client that a lock is given, looked at once: another library's would fail call by call, as if the server did. */

/**
 * Refuses what has not all of these methods.
 * @param wanted what to give instead, as it stands in a sentence
 * @throws TypeError
 */
export function checkClient(client: unknown, methods: readonly string[], wanted: string): void {
  const missing = methods.find((method) => typeof memberOf(client, method) !== 'function');
  if (missing !== undefined) throw wrongClient(`it has no method "${missing}"`, wanted);
}

export function wrongClient(why: string, wanted: string): TypeError {
  return new TypeError(`the lock wants ${wanted}; it was given another client: ${why}`);
}

export function memberOf(client: unknown, name: string): unknown {
  return typeof client === 'object' && client !== null ? Reflect.get(client, name) : undefined;
}
