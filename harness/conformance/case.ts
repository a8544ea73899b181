/** What a case of the conformance suite is, and what it may use. */
import type { Ability, Lease, Lock, LockModule } from 'holdfast-locks';
import type { Deployment } from '../backends/deployment.ts';
import type { Link } from '../backends/links.ts';

/** The lock under test, connected once, with links of its own to every server. */
export interface Client {
  readonly lock: Lock;
  /** Empty where there is no network that could be disturbed. */
  readonly links: readonly Link[];
  close(): Promise<void>;
}

export interface ConnectOptions {
  /** Of the lock module. */
  readonly options?: Readonly<Record<string, unknown>>;
  /** Share the links of this client instead of having some of its own. */
  readonly through?: Client;
}

export interface CountedClient extends Client {
  /** Round trips to each server so far. */
  readonly trips: () => number[];
  /** Resolves when every question to the servers has its answer. */
  readonly quiet: () => Promise<void>;
}

/** A process of its own that uses the lock. */
export interface Holder {
  /** Settles when it holds what it was told to acquire. */
  readonly granted: Promise<void>;
  /** SIGKILL. */
  kill(): Promise<void>;
  /** Releases, closes its lock and does nothing more. @returns how the process then ended by itself. */
  leave(): Promise<string>;
}

export interface HolderTask {
  readonly key: string;
  readonly leaseMs: number;
  /** Acquired one after the other, by the same owner; default 1. */
  readonly times?: number;
  readonly owner?: string;
}

/** What one case has to itself: names, clients, processes. All of it goes when the case has ended. */
export interface Stage {
  readonly module: LockModule;
  /** A short lease that the lock grants. */
  readonly leaseMs: number;
  /** Absent for locks without servers. */
  readonly deployment: Deployment | undefined;
  /** A key that only this case uses. */
  key(name?: string): string;
  /** At most `CLIENTS_PER_CASE` with links of their own. */
  connect(options?: ConnectOptions): Promise<Client>;
  /** Connected through proxies that count the round trips to each server. @throws NotApplicable without servers */
  connectCounting(): Promise<CountedClient>;
  holder(task: HolderTask): Promise<Holder>;
  /** What is on the servers. @throws NotApplicable where they cannot be asked */
  census(): Promise<Readonly<Record<string, number>>>;
  /** Takes what the lock has written on the servers from under it. @throws NotApplicable where that cannot be done */
  forget(): Promise<void>;
}

/** A lease, or a wait, that does not end while a case lasts: cases wait for the end of two leases at most, and some seconds. */
export const longMs = ({ leaseMs }: Pick<Stage, 'leaseMs'>): number => 60_000 + leaseMs * 3;

export const CLIENTS_PER_CASE = 3;

export interface ConformanceCase {
  /** What holds when it passes. */
  readonly name: string;
  /** It disturbs servers, or counts what is on them: nothing else may run meanwhile. */
  readonly alone?: true;
  /** Rejects with `NotApplicable` where the lock lacks the ability, with any other error where it fails. */
  run(stage: Stage): Promise<void>;
}

/** The lock has no such ability, or nothing here can show it; listed with the reason, never skipped in silence. */
export class NotApplicable extends Error {
  override readonly name = 'NotApplicable';
}

/** @throws NotApplicable unless `condition` */
export function applicableIf(condition: boolean, otherwise: string): asserts condition {
  if (!condition) throw new NotApplicable(otherwise);
}

const WHY_NOT: Readonly<Record<Ability, string>> = {
  abort: 'a wait for it cannot be given up',
  extend: 'its leases cannot be extended on demand',
  renew: 'it does not extend its leases by itself',
};

/** @throws NotApplicable where the library of the lock lacks the ability */
export function needs({ module }: Pick<Stage, 'module'>, ability: Ability): void {
  applicableIf(module.lacks?.includes(ability) !== true, WHY_NOT[ability]);
}

/** @throws NotApplicable for leases that state no deadline */
export function deadlineOf(lease: Lease): number {
  applicableIf(lease.expiresAt !== undefined, 'its leases have no deadline: they last as long as their connection');
  return lease.expiresAt;
}

/** The links of a client that can be disturbed. @throws NotApplicable where there is no network between */
export function linksOf(client: Client): readonly Link[] {
  applicableIf(client.links.length > 0, 'there is no network between the lock and its backend that could be disturbed');
  return client.links;
}

/** Does `disturb` to all of these links; the result undoes it. */
export async function onAll(
  links: readonly Link[],
  disturb: (link: Link) => Promise<() => Promise<void>>,
): Promise<() => Promise<void>> {
  const undos = await Promise.all(links.map(disturb));
  return async () => {
    await Promise.all(undos.map((undo) => undo()));
  };
}
