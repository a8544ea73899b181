/** Errors of connections, as Node makes them. */
export function networkError(code: string, syscall: string, address?: { host: string; port: number }): Error {
  const where = address === undefined ? '' : ` ${address.host}:${address.port}`;
  return Object.assign(new Error(`${syscall} ${code}${where}`), { code, syscall, errno: -1, ...address });
}
