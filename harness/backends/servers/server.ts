/** What is known of a kind of server; each has one file here, and adding a server is filling in this form. */
import type { Endpoint } from 'holdfast-locks';

/** Where one server of a deployment listens, as the others reach it. */
export interface NodePlace {
  readonly index: number;
  readonly host: string;
  /** For clients. */
  readonly port: number;
  /** `extraPorts` more: for peers, elections, a cluster's bus. */
  readonly ports: readonly number[];
}

/** A server that is about to be started. */
export interface NodeContext extends NodePlace {
  /** Its data, empty before its first start and after a loss of data. */
  readonly folder: string;
  /** All servers of its deployment, itself among them, by index. */
  readonly nodes: readonly NodePlace[];
}

export interface Command {
  readonly command: string;
  readonly args: readonly string[];
}

export interface ServerDefinition {
  readonly name: string;
  /** Pinned; `HOLDFAST_IMAGE_<NAME>` overrides it. */
  readonly image: string;
  /** Port inside its container, where the image does not let it be chosen. */
  readonly containerPort: number;
  /** Program inside the container; absent where the image's own entrypoint takes the arguments. */
  readonly containerCommand?: string;
  readonly containerEnvironment?: Readonly<Record<string, string>>;
  /** What it logs when it is ready. */
  readonly containerReady: RegExp;
  readonly native: NativeBinary;
  /** User under which it runs where we are root: some servers refuse to run as root. */
  readonly user?: string;
  /** Ports that it needs besides the one for clients. Default 0. */
  readonly extraPorts?: number;
  args(node: NodeContext): string[];
  /** In a container, instead of `args`, where its data folder must be filled first. */
  containerArgs?(node: NodeContext): string[];
  /** Path below the data folder → content, written before it starts with an empty folder. */
  files?(node: NodeContext): Readonly<Record<string, string>>;
  /** Native: fills the empty data folder. Runs as `user`, in the network of the node. */
  init?(node: NodeContext): Command | undefined;
  /** Ends it in order, for servers that leave something behind in the system when they are killed. */
  readonly stopSignal?: NodeJS.Signals;
  /** Native: removes what a server that was killed has left in the system, outside of its folder. */
  afterKill?(folder: string): Promise<void>;
  /** Settings that claims depend on, for the report. */
  readonly settings: Readonly<Record<string, string>>;
  /**
   * Rejects while the server does not answer, and with an InfrastructureError where waiting would not help.
   * @returns the version of the server.
   */
  probe(endpoint: Endpoint, timeoutMs: number): Promise<string>;
  /** The server's own wall clock in milliseconds since 1970; absent where it cannot be asked. */
  clockMs?(endpoint: Endpoint): Promise<number>;
  /** Makes a server that is not ours stop answering what locks ask, for a few seconds at most, and go on again. */
  suspend?(endpoint: Endpoint, suspended: boolean): Promise<void>;
  /** Libraries to preload so that the server's wall clock can be moved. */
  readonly fakeClock?: { readonly preload: readonly string[] };
  /**
   * What is there now: how many of each kind of thing that a lock or its client could leave behind (keys under `prefix`,
   * rows, sessions, leases, connections …). The same names at every call.
   */
  census?(endpoint: Endpoint, prefix: string): Promise<Readonly<Record<string, number>>>;
  /** Removes everything whose name begins with `prefix` and returns how many there were. */
  removePrefixed?(endpoint: Endpoint, prefix: string): Promise<number>;
}

/** Where a native binary comes from. */
export type NativeBinary = {
  readonly command: string;
  /** Files that must be there besides the command. */
  readonly needs?: readonly string[];
  readonly source:
    | { readonly kind: 'debian'; readonly package: string }
    /** Unpacked from another suite of Debian's, beside what is installed, and started with that suite's libraries. */
    | { readonly kind: 'suite'; readonly suite: string; readonly package: string; readonly program: string }
    | {
        readonly kind: 'go';
        /** Folder below `harness/backends/build/` with the go.mod that pins the version. */
        readonly module: string;
        /** Package of the main program. */
        readonly main: string;
        readonly version: string;
      };
};
