/** Loads by name, with what others have said of locks under them. */
import type { Bench, Stretch } from './bench.ts';
import type { Load } from '../report/load.ts';
import { DEFAULT_SHAPE, type LoadShape } from './settings.ts';

type Expectation = NonNullable<Load['expectations']>[number];

interface Expected {
  readonly what: string;
  /** As the source has it. */
  readonly expected: string;
  readonly measure: (stretch: Stretch) => { readonly measured: string; readonly met: boolean };
}

interface Part {
  readonly title: string;
  readonly source: string;
  readonly shape: Partial<LoadShape>;
  readonly expected: readonly Expected[];
}

export interface Preset {
  /** What the figures of the report are measured under. */
  readonly shape: LoadShape;
  readonly parts: readonly Part[];
}

const PART_MS = 3000;

const inMs = (ms: number | undefined): string => (ms === undefined ? 'no samples' : `${ms.toFixed(2)} ms`);
const below = (limitMs: number, of: (stretch: Stretch) => number | undefined): Expected['measure'] => {
  return (stretch) => {
    const ms = of(stretch);
    return { measured: inMs(ms), met: ms !== undefined && ms < limitMs };
  };
};

const failures = ({ errors }: Stretch): number => errors.reduce((sum, { count }) => sum + count, 0);
const perSecond = ({ throughput = 0 }: Stretch): string => `${Math.round(throughput)}/s`;

/** Where the source names a load and no figure: that all of it is done. */
const done: Expected = {
  what: 'errors',
  expected: 'none',
  measure: (stretch) => ({
    measured: `${failures(stretch)} in ${stretch.cycles} cycles, ${perSecond(stretch)}, acquire p99 ${inMs(stretch.latency.acquire?.p99)}`,
    met: failures(stretch) === 0 && stretch.cycles > 0,
  }),
};

const performance: readonly Expected[] = [
  { what: 'acquire, average', expected: '< 5 ms', measure: below(5, ({ latency }) => latency.acquire?.mean) },
  { what: 'acquire p99', expected: '15 ms', measure: below(15, ({ latency }) => latency.acquire?.p99) },
  { what: 'release p99', expected: '5 ms', measure: below(5, ({ latency }) => latency.release?.p99) },
  {
    what: 'errors',
    expected: '< 0.1 %',
    measure: (stretch) => {
      const share = failures(stretch) / Math.max(1, stretch.cycles + failures(stretch));
      return { measured: `${(share * 100).toFixed(2)} %`, met: stretch.cycles > 0 && share < 0.001 };
    },
  },
  {
    what: 'cycles',
    expected: '≥ 800/s',
    measure: (stretch) => ({ measured: perSecond(stretch), met: (stretch.throughput ?? 0) >= 800 }),
  },
];

const clients = (count: number): Partial<LoadShape> => ({
  workers: Math.min(10, count),
  clientsPerWorker: Math.ceil(count / 10),
});

const ownKeys = (count: number): Partial<LoadShape> => ({ ...clients(count), ownKeys: true, keys: count });

/**
 * The loads and figures of the documents that the locks come from. They name no machine. Their 1,000 locks in one batch are
 * not among these: a batch is not part of the contract.
 */
const documents: Preset = {
  shape: { ...DEFAULT_SHAPE, ...ownKeys(100), durationMs: 5000 },
  parts: [
    { title: '100 clients, a key each', source: 'documents 001 and 002', shape: ownKeys(100), expected: performance },
    { title: '50 clients, a key each', source: 'document 002', shape: ownKeys(50), expected: performance },
    { title: '200 clients, a key each', source: 'document 002', shape: ownKeys(200), expected: performance },
    {
      title: '10 clients for one key, held 1 ms',
      source: 'document 000',
      shape: { ...clients(10), holdMs: [1, 1] },
      expected: [done],
    },
    {
      title: '5 clients for one key, held 100 ms, waiting 5 s at most',
      source: 'document 000',
      shape: { workers: 5, clientsPerWorker: 1, holdMs: [100, 100], acquireTimeoutMs: 5000 },
      expected: [done],
    },
    {
      title: '20 clients for one key, held 10 to 50 ms',
      source: 'document 002',
      shape: { ...clients(20), holdMs: [10, 50] },
      expected: [done],
    },
  ],
};

export const PRESETS: Readonly<Record<string, Preset>> = { documents };

/** Measures every part, and notes with the benchmark what its source says beside what was measured. */
export async function runPreset(bench: Bench, { parts }: Preset, shape: LoadShape): Promise<void> {
  const expectations: Expectation[] = [];
  for (const part of parts) {
    const load = { ...DEFAULT_SHAPE, leaseMs: shape.leaseMs, warmUpMs: 500, durationMs: PART_MS, ...part.shape };
    // As many clients, over the workers that are there.
    const workers = Math.min(load.workers, shape.workers);
    const clientsPerWorker = Math.ceil((load.workers * load.clientsPerWorker) / workers);
    const stretch = await bench.stretch({ ...load, workers, clientsPerWorker });
    for (const { what, expected, measure } of part.expected)
      expectations.push({ what: `${part.title}: ${what}`, source: part.source, expected, ...measure(stretch) });
  }
  bench.note({ expectations });
}
