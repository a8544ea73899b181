/** What a server of PostgreSQL has to do with the one beside it: one of them is the primary, the other its replica. */
import type { Surroundings } from '../../network/node.ts';
import type { Mesh } from '../quorum/mesh.ts';
import type { Tables } from '../sql/database.ts';

/** What is not confirmed is sent again, as TCP does. */
const RESEND_MS = 200;
/** A server without data looks this often for a primary that it may copy. */
const LOOK_EVERY_MS = 50;

/** All that is stored. */
export interface Copy {
  readonly tables: Tables;
  readonly fence: number | undefined;
}

export interface Replicating {
  /** As a replica: it changes nothing by itself. */
  readonly inRecovery: boolean;
  /** Something has changed. */
  changed(): void;
  /** Something has changed; `done` is called when that may be answered. */
  commit(done: () => void): void;
}

/** There is no other server. */
export const ALONE: Replicating = { inRecovery: false, changed: () => undefined, commit: (done) => done() };

export interface Manner {
  readonly mesh: Mesh;
  /** A commit is answered when the replica has it. */
  readonly synchronous: boolean;
  /** Else: how long after it the replica is told. */
  readonly lagMs: number;
}

interface Data {
  copy(): Copy;
  load(copy: Copy): void;
}

/** `joining`: without data, and nobody to copy it from yet. */
type Role = 'primary' | 'replica' | 'joining';

/**
 * The data is small: the replica is sent all of it with every change, and takes what is newer than what it has. `lsn` counts
 * the changes.
 */
export class Replication implements Replicating {
  readonly #self: number;
  readonly #around: Surroundings;
  readonly #manner: Manner;
  #data: Data | undefined;
  #peer: Replication | undefined;
  /** With the data, it outlasts a crash. */
  #role: Role = 'joining';
  #isUp = true;
  #lsn = 0;
  /** What the other one has. */
  #acknowledged = 0;
  #waiting: { readonly lsn: number; readonly done: () => void }[] = [];
  #resending = false;

  constructor(self: number, around: Surroundings, manner: Manner) {
    this.#self = self;
    this.#around = around;
    this.#manner = manner;
  }

  meet(peer: Replication, data: Data): void {
    this.#peer = peer;
    this.#data = data;
  }

  get inRecovery(): boolean {
    return this.#role !== 'primary';
  }

  get leads(): boolean {
    return this.#isUp && this.#role === 'primary';
  }

  /** The other one has all of its data. */
  get isFollowed(): boolean {
    return this.leads && this.#peer?.inRecovery === true && this.#acknowledged === this.#lsn;
  }

  changed(): void {
    this.#lsn += 1;
    this.#around.after(this.#manner.lagMs, () => this.#tell());
  }

  commit(done: () => void): void {
    if (!this.#manner.synchronous) {
      this.changed();
      return done();
    }
    this.#lsn += 1;
    this.#waiting.push({ lsn: this.#lsn, done });
    this.#tell();
  }

  /** What it has received counts. */
  promote(): void {
    if (this.#isUp && this.#role === 'replica') this.#begin('primary');
  }

  killed(): void {
    this.#isUp = false;
  }

  restart(keepData: boolean): void {
    this.#isUp = true;
    this.#waiting = [];
    this.#resending = false;
    if (!keepData) {
      this.#role = 'joining';
      this.#lsn = 0;
    }
    if (this.#role === 'joining') this.join();
    else this.#begin(this.#role);
  }

  /** Copies the data of a primary. Where there is none, the first server begins anew, and a replica of what is gone as well. */
  join(): void {
    const peer = this.#peer;
    if (peer?.leads === true) {
      this.#take(peer.#lsn, peer.#data?.copy());
      this.#role = 'replica';
      return peer.#hear(this.#lsn);
    }
    if (peer !== undefined && peer.#isUp && this.#self === 0) {
      this.#begin('primary');
      peer.#role = 'joining';
      return peer.join();
    }
    this.#around.after(LOOK_EVERY_MS, () => {
      if (this.#role === 'joining') this.join();
    });
  }

  #begin(role: Role): void {
    this.#role = role;
    this.#acknowledged = 0;
    if (role === 'primary') this.#tell();
  }

  #tell(): void {
    const [peer, lsn] = [this.#peer, this.#lsn];
    if (!this.leads || peer === undefined || this.#acknowledged >= lsn) return;
    const copy = this.#data?.copy();
    this.#manner.mesh.send(this.#self, peer.#self, () => {
      if (peer.#role !== 'replica') return;
      if (lsn > peer.#lsn) peer.#take(lsn, copy);
      const has = peer.#lsn;
      this.#manner.mesh.send(peer.#self, this.#self, () => this.#hear(has));
    });
    if (this.#resending) return;
    this.#resending = true;
    this.#around.after(RESEND_MS, () => {
      this.#resending = false;
      this.#tell();
    });
  }

  #take(lsn: number, copy: Copy | undefined): void {
    this.#lsn = lsn;
    if (copy !== undefined) this.#data?.load(copy);
  }

  #hear(lsn: number): void {
    if (this.#role !== 'primary') return;
    this.#acknowledged = Math.max(this.#acknowledged, lsn);
    const settled = this.#waiting.filter((one) => one.lsn <= lsn);
    this.#waiting = this.#waiting.filter((one) => one.lsn > lsn);
    for (const { done } of settled) done();
  }
}
