/** The servers that one Sentinel watches, and its questions to them. */
import type { Surroundings } from '../../../network/node.ts';
import type { Mesh } from '../../quorum/mesh.ts';
import type { ReplicatedServer } from '../replication/replicated.ts';
import { Subject } from './subject.ts';

export class Watch {
  readonly #self: number;
  readonly #around: Surroundings;
  readonly #mesh: Mesh;
  readonly #servers: readonly ReplicatedServer[];
  #subjects: readonly Subject[] = [];

  constructor(self: number, around: Surroundings, mesh: Mesh, servers: readonly ReplicatedServer[]) {
    this.#self = self;
    this.#around = around;
    this.#mesh = mesh;
    this.#servers = servers;
  }

  get subjects(): readonly Subject[] {
    return this.#subjects;
  }

  of(node: number): Subject {
    const subject = this.#subjects[node];
    if (subject === undefined) throw new Error(`no server ${node} is watched`);
    return subject;
  }

  /** Knows nothing of them. */
  begin(now: number): void {
    this.#subjects = this.#servers.map((_, node) => new Subject(node, now));
  }

  /** Pings it and asks it about itself, if it is time for that. */
  inquire(subject: Subject, everyMs: number, heard: () => void): void {
    const now = this.#now;
    if (subject.isPingDue(now)) {
      subject.pinged(now);
      this.#consult(
        subject,
        () => undefined,
        () => subject.answered(this.#now),
      );
    }
    if (!subject.isQuestionDue(now, everyMs)) return;
    this.#consult(
      subject,
      (server) => server.replication.word,
      (word) => {
        subject.hear(word, this.#now);
        heard();
      },
    );
  }

  /** There and back; what comes back is heard unless all has begun anew by then. */
  #consult<T>(subject: Subject, look: (server: ReplicatedServer) => T, hear: (answer: T) => void): void {
    const { node } = subject;
    this.#mesh.send(this.#self, node, () => {
      const server = this.#servers[node];
      if (server === undefined) return;
      const answer = look(server);
      this.#mesh.send(node, this.#self, () => {
        if (this.#subjects.includes(subject)) hear(answer);
      });
    });
  }

  get #now(): number {
    return this.#around.wallUs() / 1000;
  }
}
