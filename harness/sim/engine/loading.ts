/** What modules draw while they are loaded as those of a simulated process: the same in every thread. */
import { mix, Random } from '../../base/random.ts';

const STREAM = 9_000;

interface Loading {
  /** Which process of its world, counted from 0 in the order in which they start. */
  readonly process: number;
  readonly random: Random;
}

let loading: Loading | undefined;

export const loadingNow = (): Loading | undefined => loading;

/** Runs `load`, which evaluates modules, as process number `process` would. */
export async function loadingAs<T>(process: number, load: () => Promise<T>): Promise<T> {
  loading = { process, random: new Random(mix(STREAM, process)) };
  try {
    return await load();
  } finally {
    loading = undefined;
  }
}
