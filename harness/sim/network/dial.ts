/** Asking the network of the running world for a connection, in the forms that `net` knows. */
import { activeWorld, callerIn } from '../engine/active.ts';
import type { Address, ClientSocket } from '../engine/sockets.ts';
import { SimulationError } from '../engine/problems.ts';

/** Connects `socket`, with the arguments of `net.connect`. */
export function dial(args: readonly unknown[], socket: ClientSocket): void {
  const world = activeWorld();
  if (world === undefined) throw new SimulationError('no simulation is running');
  const { host, port, listener } = addressed(args);
  if (listener !== undefined) socket.once('connect', listener);
  if (world.dial?.(callerIn(world), { host, port }, socket) === true) return;
  world.fail(`a connection to ${host}:${port}: nothing is simulated there`);
}

/** `(options, listener?)`, `(port, host?, listener?)`. */
function addressed(args: readonly unknown[]): Address & { readonly listener: (() => void) | undefined } {
  const last = args.at(-1);
  const listener = typeof last === 'function' ? (last as () => void) : undefined;
  const [first, second] = args;
  if (typeof first === 'object' && first !== null) {
    const { host = 'localhost', port } = first as { host?: string; port?: number };
    return { host, port: Number(port), listener };
  }
  return { host: typeof second === 'string' ? second : 'localhost', port: Number(first), listener };
}
