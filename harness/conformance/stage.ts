/** Setting the stage for one case after another: names, clients with links, processes, and their end. */
import { once } from 'node:events';
import type { Endpoint, LockModule } from 'holdfast-locks';
import type { Deployment } from '../backends/deployment.ts';
import { makeLinks, type Link, type Links } from '../backends/links.ts';
import { OWN_FLAGS, ownModule } from '../base/own-module.ts';
import { startProcess } from '../backends/processes.ts';
import type { Session } from '../backends/session.ts';
import { checkedLock } from '../subject/module.ts';
import {
  applicableIf,
  type Client,
  type ConnectOptions,
  type CountedClient,
  type Holder,
  type HolderTask,
  type Stage,
} from './case.ts';
import { allQuiet, CountingProxy } from '../backends/counting-proxy.ts';
import { within } from './expect.ts';
import type { HolderOrder } from './holder.ts';

const LEAVES_WITHIN_MS = 5000;
/** What takes longer is no answer that is owed but a wait for a change. */
const ANSWERS_WITHIN_MS = 10_000;

/** What all cases of one lock share. */
export interface Theatre {
  readonly session: Session;
  readonly module: LockModule;
  readonly url: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly leaseMs: number;
  readonly deployment: Deployment | undefined;
}

/** Sets of links, each from one client to every server; lent to a case and given back. */
export class LinkPool {
  readonly #free: (readonly Link[])[];

  private constructor(links: Links) {
    this.#free = [...links];
  }

  static async open({ session, deployment }: Theatre, size: number): Promise<LinkPool> {
    if (deployment?.toxiproxy === undefined) return new LinkPool([]);
    return new LinkPool(
      await makeLinks(deployment.toxiproxy, deployment.nodes, size, `${session.proxyPrefix}conformance`),
    );
  }

  take(): readonly Link[] {
    return this.#free.shift() ?? [];
  }

  giveBack(links: readonly Link[]): void {
    if (links.length > 0) this.#free.push(links);
  }
}

export class CaseStage implements Stage {
  readonly module: LockModule;
  readonly leaseMs: number;
  readonly deployment: Deployment | undefined;
  readonly #theatre: Theatre;
  readonly #pool: LinkPool;
  readonly #prefix: string;
  readonly #folder: string;
  readonly #closers: (() => Promise<void>)[] = [];
  #holders = 0;

  constructor(theatre: Theatre, pool: LinkPool, id: string) {
    this.module = theatre.module;
    this.leaseMs = theatre.leaseMs;
    this.deployment = theatre.deployment;
    this.#theatre = theatre;
    this.#pool = pool;
    this.#prefix = `${theatre.session.prefix}${id}:`;
    this.#folder = theatre.session.folder(id);
  }

  /** With the prefix on, as the workers of a run have it. */
  key(name = 'key'): string {
    return this.#prefix + name;
  }

  async connect({ options = {}, through }: ConnectOptions = {}): Promise<Client> {
    const links = through?.links ?? this.#pool.take();
    if (through === undefined) this.#closers.push(async () => this.#giveBack(links));
    return this.#connect(this.#context(links, options), links);
  }

  async connectCounting(): Promise<CountedClient> {
    const nodes = this.deployment?.nodes ?? [];
    applicableIf(nodes.length > 0, 'it has no servers');
    const proxies = await Promise.all(nodes.map(({ endpoint }) => CountingProxy.open(endpoint, this.module.backend)));
    this.#closers.push(async () => {
      await Promise.all(proxies.map((proxy) => proxy.close()));
    });
    const client = await this.#connect(this.#context(proxies, {}), []);
    return {
      ...client,
      trips: () => proxies.map((proxy) => proxy.trips),
      quiet: () => allQuiet(proxies, ANSWERS_WITHIN_MS),
    };
  }

  async #connect(context: HolderOrder['context'], links: readonly Link[]): Promise<Client> {
    const connected = await this.module.connect({ ...context, signal: new AbortController().signal });
    let closing: Promise<void> | undefined;
    const close = (): Promise<void> => (closing ??= connected.close());
    this.#closers.push(close);
    return { lock: checkedLock(connected.lock), links, close };
  }

  async holder({ key, leaseMs, times = 1, owner }: HolderTask): Promise<Holder> {
    const { session, url } = this.#theatre;
    const process_ = await startProcess({
      ...{
        name: `holder-${this.#holders++}`,
        command: process.execPath,
        args: [...OWN_FLAGS, ownModule(import.meta.url, './holder')],
      },
      ...{ folder: this.#folder, environment: session.environment, channel: true },
    });
    this.#closers.push(() => process_.kill());
    const { child } = process_;
    child.on('error', () => undefined);
    const context = this.#context([], {});
    const order: HolderOrder = { module: url, context, key, leaseMs, times, owner };
    child.send(order);
    const told = Promise.race([
      once(child, 'message').then(() => undefined),
      process_.exited.then((how) => {
        throw new Error(`the process that was to hold "${key}" ended: ${how}\n${process_.lastWords()}`);
      }),
    ]);
    told.catch(() => undefined);
    return {
      granted: told,
      kill: () => process_.kill(),
      leave: async () => {
        child.send('leave');
        return within(LEAVES_WITHIN_MS, 'the process ends by itself', process_.exited);
      },
    };
  }

  async census(): Promise<Readonly<Record<string, number>>> {
    const { nodes = [], server } = this.deployment ?? {};
    applicableIf(server?.census !== undefined, 'what is on its backend cannot be counted');
    const counts = await Promise.all(
      nodes.map(async ({ index, endpoint }) => this.deployment?.servers[index]?.census?.(endpoint, this.#prefix)),
    );
    return Object.fromEntries(
      counts.flatMap((count, node) =>
        Object.entries(count ?? {}).map(([what, number]) => [`${what} on ${node}`, number]),
      ),
    );
  }

  async forget(): Promise<void> {
    const { nodes = [], server } = this.deployment ?? {};
    applicableIf(server?.removePrefixed !== undefined, 'what it writes cannot be taken away from outside');
    await Promise.all(
      nodes.map(async ({ index, endpoint }) =>
        this.deployment?.servers[index]?.removePrefixed?.(endpoint, this.#prefix),
      ),
    );
  }

  /** Ends everything that the case has begun. */
  async close(): Promise<void> {
    for (const close of this.#closers.toReversed()) await close();
  }

  async #giveBack(links: readonly Link[]): Promise<void> {
    await Promise.all(links.map((link) => link.heal()));
    this.#pool.giveBack(links);
  }

  /** `ways`: what stands before each server; without, it is reached directly. */
  #context(
    ways: readonly { readonly endpoint: Endpoint }[],
    options: Readonly<Record<string, unknown>>,
  ): HolderOrder['context'] {
    const nodes = this.deployment?.nodes ?? [];
    const reach = (index: number): Endpoint[] => {
      const node = nodes[index];
      return node === undefined ? [] : [{ ...node.endpoint, ...ways[index]?.endpoint }];
    };
    return {
      endpoints: (this.deployment?.entrances ?? []).flatMap(reach),
      natMap: Object.fromEntries(nodes.flatMap(({ index, upstream }) => reach(index).map((one) => [upstream, one]))),
      prefix: this.#prefix,
      folder: this.#folder,
      options: { ...this.#theatre.options, ...options },
    };
  }
}
