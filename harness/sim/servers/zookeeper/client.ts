/** One client of a simulated ZooKeeper server: its requests are answered in the order in which they came. */
import type { Transport } from '../../network/node.ts';
import { JuteReader, JuteWriter, PacketReader } from './jute.ts';
import { ERROR, EVENT, writeStat, type Command, type Node, type Result } from './tree.ts';

/** What the server does for its clients. */
export interface Desk {
  /** The last transaction that this server knows. */
  readonly zxid: () => number;
  readonly node: (path: string) => Readonly<Node> | undefined;
  admit(client: Client, request: ConnectRequest): void;
  touch(session: bigint): void;
  propose(command: Command, done: (result: Result) => void): void;
  watch(kind: 'data' | 'children', path: string, client: Client): void;
  readonly unsupported: (what: string) => never;
}

export interface ConnectRequest {
  readonly lastZxid: number;
  readonly timeoutMs: number;
  readonly session: bigint;
  readonly password: Buffer;
}

const OP = { create: 1, delete: 2, exists: 3, setData: 5, ping: 11, getChildren: 12, setWatches: 101, close: -11 };
const XID_NOTIFICATION = -1;
const SYNC_CONNECTED = 3;
const [EPHEMERAL, SEQUENTIAL] = [1, 2];

/** A request that is not answered yet: `answer` is there when its turn may come. */
interface Slot {
  answer: (() => void) | undefined;
}

export class Client {
  session = 0n;
  readonly #desk: Desk;
  readonly #transport: Transport;
  readonly #packets = new PacketReader();
  readonly #slots: Slot[] = [];
  #stage: 'new' | 'connecting' | 'connected' | 'gone' = 'new';
  #saysReadOnly = false;
  /** It has asked for the end of its session. */
  isClosing = false;

  constructor(desk: Desk, transport: Transport) {
    this.#desk = desk;
    this.#transport = transport;
  }

  receive(chunk: Buffer): void {
    for (const packet of this.#packets.feed(chunk)) {
      if (this.#stage === 'gone') return;
      if (this.#stage === 'new') this.#connect(new JuteReader(packet));
      else this.#obey(new JuteReader(packet));
    }
  }

  /** It is connected; with a timeout of 0, its session is no more. */
  welcome(session: bigint, timeoutMs: number, password: Buffer): void {
    if (this.#stage !== 'connecting') return;
    const writer = new JuteWriter().int(0).int(timeoutMs).long(session).buffer(password);
    if (this.#saysReadOnly) writer.bool(false);
    this.#transport.reply(writer.packet());
    if (timeoutMs === 0) return this.hangUp();
    this.session = session;
    this.#stage = 'connected';
  }

  notify(type: number, path: string): void {
    if (this.#stage === 'gone') return;
    const header = new JuteWriter().int(XID_NOTIFICATION).long(-1).int(0);
    this.#transport.reply(header.int(type).int(SYNC_CONNECTED).text(path).packet());
  }

  hangUp(): void {
    if (this.#stage === 'gone') return;
    this.#stage = 'gone';
    this.#transport.hangUp();
  }

  /** What it has asked for is done all the same. */
  closed(): void {
    this.#stage = 'gone';
  }

  #connect(request: JuteReader): void {
    this.#stage = 'connecting';
    request.int();
    const lastZxid = Number(request.long());
    const [timeoutMs, session, password] = [request.int(), request.long(), Buffer.from(request.buffer())];
    this.#saysReadOnly = !request.isAtEnd;
    this.#desk.admit(this, { lastZxid, timeoutMs, session, password });
  }

  #obey(request: JuteReader): void {
    this.#desk.touch(this.session);
    const [xid, op] = [request.int(), request.int()];
    const { session } = this;
    switch (op) {
      case OP.create: {
        const [path, data] = [request.text(), Buffer.from(request.buffer())];
        for (let acls = request.int(); acls > 0; acls -= 1) void [request.int(), request.text(), request.text()];
        const flags = request.int();
        const [ephemeral, sequential] = [(flags & EPHEMERAL) !== 0, (flags & SEQUENTIAL) !== 0];
        if (flags > (EPHEMERAL | SEQUENTIAL)) this.#desk.unsupported(`a node of ZooKeeper with flags ${flags}`);
        const command: Command = { f: 'create', session, path, data, ephemeral, sequential };
        return this.#write(xid, command, (writer, result) => writer.text(result.path ?? ''));
      }
      case OP.delete:
        return this.#write(xid, { f: 'delete', session, path: request.text(), version: request.int() });
      case OP.setData: {
        const [path, data] = [request.text(), Buffer.from(request.buffer())];
        const command: Command = { f: 'set', session, path, data, version: request.int() };
        return this.#write(xid, command, (writer, { node }) => (node === undefined ? writer : writeStat(writer, node)));
      }
      case OP.close:
        this.isClosing = true;
        return this.#write(xid, { f: 'close', session });
      case OP.ping:
        return this.#read(xid, (writer) => writer);
      case OP.exists: {
        const [path, watches] = [request.text(), request.bool()];
        return this.#read(xid, (writer) => {
          if (watches) this.#desk.watch('data', path, this);
          const node = this.#desk.node(path);
          return node === undefined ? ERROR.noNode : writeStat(writer, node);
        });
      }
      case OP.getChildren: {
        const [path, watches] = [request.text(), request.bool()];
        return this.#read(xid, (writer) => {
          const node = this.#desk.node(path);
          if (node === undefined) return ERROR.noNode;
          if (watches) this.#desk.watch('children', path, this);
          return writeStat(writer.texts([...node.children]), node);
        });
      }
      case OP.setWatches: {
        const since = Number(request.long());
        const [data, existence, children] = [request.texts(), request.texts(), request.texts()];
        return this.#read(xid, (writer) => {
          if (data.length > 0) this.#desk.unsupported('watches of ZooKeeper on data, set again');
          this.#watchAgain(since, existence, children);
          return writer;
        });
      }
      default:
        return this.#desk.unsupported(`the operation ${op} of ZooKeeper is not simulated`);
    }
  }

  /** What has changed meanwhile is told at once. */
  #watchAgain(since: number, existence: readonly string[], children: readonly string[]): void {
    for (const path of existence) {
      if (this.#desk.node(path) === undefined) this.#desk.watch('data', path, this);
      else this.notify(EVENT.created, path);
    }
    for (const path of children) {
      const node = this.#desk.node(path);
      if (node === undefined) this.notify(EVENT.deleted, path);
      else if (node.pzxid > since) this.notify(EVENT.childrenChanged, path);
      else this.#desk.watch('children', path, this);
    }
  }

  /** Passed on at once, answered in its turn. */
  #write(xid: number, command: Command, body?: (writer: JuteWriter, result: Result) => JuteWriter): void {
    const slot: Slot = { answer: undefined };
    this.#slots.push(slot);
    this.#desk.propose(command, (result) => {
      slot.answer = () => {
        // The client is elsewhere, and this is an old connection of it.
        if (result.error === ERROR.sessionMoved) return this.hangUp();
        const writer = new JuteWriter().int(xid).long(result.zxid).int(result.error);
        this.#say(result.error === 0 && body !== undefined ? body(writer, result) : writer);
        if (command.f === 'close') this.hangUp();
      };
      this.#advance();
    });
  }

  /** By what this server knows when all that was asked for before is done. @param look writes, or returns an error */
  #read(xid: number, look: (writer: JuteWriter) => JuteWriter | number): void {
    const answer = (): void => {
      const zxid = this.#desk.zxid();
      const said = look(new JuteWriter().int(xid).long(zxid).int(0));
      this.#say(typeof said === 'number' ? new JuteWriter().int(xid).long(zxid).int(said) : said);
    };
    this.#slots.push({ answer });
    this.#advance();
  }

  #advance(): void {
    for (let [first] = this.#slots; first?.answer !== undefined; [first] = this.#slots) {
      this.#slots.shift();
      if (this.#stage === 'connected') first.answer();
    }
  }

  #say(writer: JuteWriter): void {
    if (this.#stage === 'connected') this.#transport.reply(writer.packet());
  }
}
