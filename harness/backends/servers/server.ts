/** What is known of a kind of server; each has one file here, and adding a server is filling in this form. */
import type { Endpoint } from '../../../implementations/lock.ts';

export interface ServerDefinition {
  readonly name: string;
  /** Pinned; `HOLDFAST_IMAGE_<NAME>` overrides it. */
  readonly image: string;
  /** Port inside its container. */
  readonly containerPort: number;
  readonly native: NativeBinary;
  args(options: { readonly host: string; readonly port: number; readonly folder: string }): string[];
  /** Program inside the container; absent where the image's own entrypoint takes the arguments. */
  readonly containerCommand?: string;
  /** What it logs when it is ready. */
  readonly containerReady: RegExp;
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
  /** Removes everything whose name begins with `prefix` and returns how many there were. */
  removePrefixed?(endpoint: Endpoint, prefix: string): Promise<number>;
}

/** Where a native binary comes from. */
export type NativeBinary = {
  readonly command: string;
  readonly source:
    | { readonly kind: 'debian'; readonly package: string }
    | {
        readonly kind: 'go';
        /** Folder below `harness/backends/build/` with the go.mod that pins the version. */
        readonly module: string;
        /** Package of the main program. */
        readonly main: string;
        readonly version: string;
      };
};
