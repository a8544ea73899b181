/** Ports of this machine for the servers that we start. */
import getPort, { portNumbers } from 'get-port';

/** Below 32768, where the kernel's ephemeral ports begin: a port of ours must not be taken by an outgoing connection. */
const PORTS = { from: 20_000, to: 32_000 };

/** A port that is free on `host`, or without it on every address of this machine; not given to anybody else here soon. */
export function freePort(host?: string): Promise<number> {
  const first = PORTS.from + Math.floor(Math.random() * (PORTS.to - PORTS.from));
  const port = portNumbers(first, Math.min(first + 500, PORTS.to));
  return getPort(host === undefined ? { port } : { host, port });
}
