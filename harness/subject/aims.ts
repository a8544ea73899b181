/** Moments of a worker's clients that the harness waits for. */
import type { Moment } from '../plan/moments.ts';

export class Aims {
  readonly #tell: (id: string) => void;
  readonly #aims = new Map<string, { readonly moment: Moment; left: number }>();

  constructor(tell: (id: string) => void) {
    this.#tell = tell;
  }

  /** Tells when the n-th moment of this kind from now is reached. */
  add(id: string, moment: Moment, nth: number): void {
    this.#aims.set(id, { moment, left: nth });
  }

  reach(moment: Moment): void {
    if (this.#aims.size === 0) return;
    for (const [id, aim] of this.#aims) {
      if (aim.moment !== moment || --aim.left > 0) continue;
      this.#aims.delete(id);
      this.#tell(id);
    }
  }
}
