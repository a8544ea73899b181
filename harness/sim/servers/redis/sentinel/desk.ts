/** What clients ask of a Sentinel. */
import { hostOf, PORT } from '../../../network/network.ts';
import type { ServerSession } from '../../../network/connection.ts';
import type { Surroundings, Transport } from '../../../network/node.ts';
import type { Council } from './council.ts';
import { Channels } from '../channels.ts';
import { MapReply, RedisError, Status, type Reply } from '../reply.ts';
import { Session, type Host } from '../session.ts';
import { SIMULATED_VERSION } from '../version.ts';
import type { Subject } from './subject.ts';

/** The name of the primary, as the real servers are started (`harness/backends/servers/redis-sentinel.ts`). */
const NAME = 'holdfast';

/** The Sentinel behind the desk. */
export interface Informed {
  readonly council: Council;
  readonly named: number;
  readonly primary: Subject;
  readonly subjects: readonly Subject[];
}

export class Desk implements Host {
  readonly place = undefined;
  readonly #sentinel: Informed;
  readonly #around: Pick<Surroundings, 'unsupported'>;
  readonly #channels = new Channels();
  #clients = 0;

  constructor(sentinel: Informed, around: Pick<Surroundings, 'unsupported'>) {
    this.#sentinel = sentinel;
    this.#around = around;
  }

  connect(transport: Transport): ServerSession {
    this.#clients += 1;
    return new Session(this, transport, this.#clients);
  }

  crash(): void {
    this.#channels.clear();
  }

  /** Tells subscribers that another is the primary. */
  announce(before: number, after: number): void {
    this.#channels.publish('+switch-master', `${NAME} ${hostOf(before)} ${PORT} ${hostOf(after)} ${PORT}`);
  }

  execute(name: string, args: readonly string[]): Reply {
    const [first = '', ...rest] = args;
    switch (name) {
      case 'PING':
        return new Status('PONG');
      case 'INFO':
        return `# Server\r\nredis_version:${SIMULATED_VERSION}\r\nredis_mode:sentinel\r\n`;
      case 'ROLE':
        return ['sentinel', [NAME]];
      case 'SENTINEL':
        return this.#answer(first.toLowerCase(), rest);
      default:
        throw new RedisError(`ERR unknown command '${name}'`);
    }
  }

  check(): RedisError | undefined {
    return undefined;
  }

  subscribers(pattern: boolean): Map<string, Set<Session>> {
    return this.#channels.subscribers(pattern);
  }

  watch(): void {
    // There are no keys.
  }

  unwatch(): void {
    // There are no keys.
  }

  #answer(action: string, [name = '']: readonly string[]): Reply {
    const { named, primary, subjects, council } = this.#sentinel;
    const isKnown = name === NAME;
    if (action === 'get-master-addr-by-name') return isKnown ? [hostOf(named), String(PORT)] : null;
    if (!isKnown) throw new RedisError('ERR No such master with that name');
    switch (action) {
      case 'master':
        return entry(named, NAME, primary.isDown ? 'master,s_down' : 'master', [
          ['num-slaves', String(subjects.length - 1)],
          ['num-other-sentinels', String(council.others.length)],
        ]);
      case 'sentinels':
        return council.others.map((other) => entry(other, `sentinel ${other}`, 'sentinel', []));
      case 'slaves':
      case 'replicas':
        return subjects
          .filter(({ node }) => node !== named)
          .map(({ node, isDown }) => entry(node, `${hostOf(node)}:${PORT}`, isDown ? 'slave,s_down' : 'slave', []));
      default:
        return this.#around.unsupported(`SENTINEL ${action} of Redis is not simulated`);
    }
  }
}

/** Of one instance, with the fields that clients look at. */
function entry(node: number, name: string, flags: string, more: readonly (readonly [string, string])[]): MapReply {
  return new MapReply([['name', name], ['ip', hostOf(node)], ['port', String(PORT)], ['flags', flags], ...more]);
}
