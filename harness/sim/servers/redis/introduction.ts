/** How a connection and its server introduce themselves: `HELLO`, `CLIENT`. */
import type { Place } from './place.ts';
import { MapReply, OK, RedisError, type Protocol, type Reply } from './reply.ts';
import { SIMULATED_VERSION } from './version.ts';

/** Which one `HELLO` asks for, if any. @throws RedisError */
export function protocolOf([version = '']: readonly string[]): Protocol | undefined {
  if (version === '') return undefined;
  if (version !== '2' && version !== '3') throw new RedisError('NOPROTO unsupported protocol version');
  return version === '3' ? 3 : 2;
}

export function helloOf(protocol: Protocol, id: number, place: Place | undefined): Reply {
  return new MapReply([
    ['server', 'redis'],
    ['version', SIMULATED_VERSION],
    ['proto', protocol],
    ['id', id],
    ['mode', place?.mode ?? 'standalone'],
    ['role', place?.isReplica === true ? 'replica' : 'master'],
    ['modules', []],
  ]);
}

export class ClientCommands {
  readonly #id: number;
  #name: string | null = null;

  constructor(id: number) {
    this.#id = id;
  }

  /** @param unknown names what is not simulated */
  answer(action: string, value: string, unknown: (what: string) => void): Reply {
    switch (action) {
      case 'SETNAME':
        this.#name = value;
        return OK;
      case 'GETNAME':
        return this.#name;
      case 'ID':
        return this.#id;
      case 'SETINFO':
      case 'REPLY':
      case 'NO-EVICT':
      case 'NO-TOUCH':
        return OK;
      default:
        unknown(`CLIENT ${action}`);
        return null;
    }
  }
}
