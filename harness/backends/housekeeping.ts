/** What transports say to each other without being asked to: it is not counted as a message. */
import type { Backend } from 'holdfast-locks';

/** HTTP/2 keeps house by window updates and acknowledgements, ZooKeeper by pings and by asking whether there is a `/`. */
const BYTES: Readonly<Partial<Record<Backend, number>>> = { etcd: 17, zookeeper: 18 };

/** Pieces of at most so many bytes only keep house. */
export const housekeepingBytesOf = (backend: Backend): number => BYTES[backend] ?? 0;
