/** The long counts that stand behind what the README and the docs say, each cut into slices that can be run at any time. */
import { ADAPTERS, catalogue } from '../../implementations/catalogue.ts';
import { brokenSubjects } from '../../implementations/subjects.ts';
import { subjectModule } from '../../harness/subject/protocol/file.ts';
import type { LockModule } from '../../implementations/lock.ts';
import { brokenScenarioNames, scenarioNames } from '../../harness/run/scenarios.ts';
import { isSimulated } from '../../harness/sim/servers/simulated.ts';
import { loadLockModule } from '../../harness/subject/module.ts';

/** One call of a program that counts some units of a series. */
export interface Slice {
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

export interface Series {
  readonly name: string;
  /** What is counted. */
  readonly unit: string;
  readonly target: number;
  /** Units that one slice counts. */
  readonly step: number;
  /** Files, from the root: they and all that they import can change the result. */
  readonly from: readonly string[];
  /** Share of units that may fail, where it is a rate that is measured; default: none. */
  readonly mayFail?: number;
  /** @param first number of the slice's first unit: what is drawn in it depends on that alone */
  slice(first: number, count: number): Slice;
}

const PROGRAM = ['harness/cli/main.ts'];
/** What carries a plan out in the simulation and judges it. */
const SIMULATION = ['harness/sim/search/thread.ts', 'harness/sim/search/serve.ts', 'scenarios/shared-counter.ts'];
const ON_SERVERS = ['harness/run/run.ts', 'harness/subject/main.ts', 'scenarios/shared-counter.ts'];

/** A test file that draws its cases: `tests/effort.ts` reads how many, and from where. */
const drawn =
  (file: string, title?: string) =>
  (first: number, count: number): Slice => ({
    args: ['--test', '--test-timeout=1200000', ...(title === undefined ? [] : [`--test-name-pattern=${title}`]), file],
    env: { HOLDFAST_CASES: String(count), HOLDFAST_FIRST_CASE: String(first) },
  });

const modules = [...catalogue.values()].map(({ module, url }) => ({
  module,
  file: `implementations/${url.split('/implementations/')[1] ?? ''}`,
}));
const isSimulable = ({ backend, topologies: [topology], notSimulable }: LockModule): boolean =>
  notSimulable === undefined && isSimulated(backend, topology);
const simulated = modules.filter(({ module }) => isSimulable(module));
const correct = simulated.filter(({ module: { specimen, backend } }) => specimen === undefined && backend !== 'memory');
const specimens = modules.filter(({ module: { specimen } }) => specimen !== undefined);
/** The same in processes of their own; what they are made of lies beside them, and the harness that asks them is its own. */
const SUBJECT = 'harness/subject/protocol/lock.ts';
const subjects = brokenSubjects().map(({ url }) => ({ module: subjectModule(url), file: SUBJECT }));

const accusations = correct.map(({ module: { name }, file }): Series => ({
  ...{ name: `accusations: ${name}`, unit: 'schedules', target: 100_000, step: 1000, from: [file, ...SIMULATION] },
  slice: (first, count) => ({
    args: [...PROGRAM, 'soak', '--impl', name, '--schedules', String(count), '--seed', String(first)],
  }),
}));

/** Published locks that can be simulated: what their documentation promises may be broken, as `docs/findings.md` tells. */
const published = await Promise.all(
  [...ADAPTERS.values()].map(async (url) => ({ url, module: await loadLockModule(url) })),
);
const libraries = published
  .filter(({ module }) => isSimulable(module))
  .map(({ module: { name }, url }): Series => ({
    ...{ name: `libraries: ${name}`, unit: 'schedules', target: 2000, step: 100, mayFail: 1 },
    from: [`implementations/${url.split('/implementations/')[1] ?? ''}`, ...SIMULATION],
    slice: (first, count) => ({
      args: [...PROGRAM, 'soak', '--impl', name, '--schedules', String(count), '--seed', String(first)],
    }),
  }));

const ratesOf = (backend: 'sim' | 'native', target: number, of: typeof specimens): Series[] =>
  of.map(({ module: { name }, file }): Series => ({
    ...{ name: `specimens, ${backend}: ${name}`, unit: 'runs', target, step: 1, mayFail: 1 / 50 },
    from: [file, ...(backend === 'sim' ? SIMULATION : ON_SERVERS)],
    slice: (first) => ({
      args: [
        ...PROGRAM,
        ...['specimens', '--backend', backend, '--only', name, '--runs', '1', '--seed', String(first + 1)],
      ],
    }),
  }));

const DETERMINISM = 'tests/sim/determinism.test.ts';
const determinism = correct.map(({ module: { name }, file }): Series => ({
  ...{ name: `determinism: ${name}`, unit: 'plans', target: 1000, step: 50, from: [file, DETERMINISM, ...SIMULATION] },
  slice: drawn(DETERMINISM, `^${name}: `),
}));

const FORCE_RELEASE = 'tests/sim/force-release.test.ts';
const forceRelease = ['redis-basic', 'etcd', 'sql-table-postgres'].map((name): Series => ({
  ...{ name: `release by force: ${name}`, unit: 'races', target: 10_000, step: 200 },
  from: [FORCE_RELEASE, ...correct.filter(({ module }) => module.name === name).map(({ file }) => file)],
  slice: drawn(FORCE_RELEASE, `^${name}: .* fences rise$`),
}));

const SCENARIOS = 'tests/sim/scenarios.test.ts';
const applications = scenarioNames().flatMap((scenario) =>
  ['redis-basic', 'etcd', 'sql-table'].map((lock): Series => ({
    ...{ name: `accusations: ${scenario} over ${lock}`, unit: 'schedules', target: 20_000, step: 500 },
    from: [
      SCENARIOS,
      `scenarios/${scenario}.ts`,
      ...modules.filter(({ module }) => module.name === lock).map(({ file }) => file),
      ...SIMULATION,
    ],
    slice: drawn(SCENARIOS, `^${scenario} over ${lock}: `),
  })),
);
const mistakes = brokenScenarioNames().map((scenario): Series => ({
  ...{ name: `scenario specimens: ${scenario}`, unit: 'searches', target: 50, step: 1, mayFail: 1 / 50 },
  from: [SCENARIOS, `scenarios/${scenario}.ts`, ...SIMULATION],
  slice: drawn(SCENARIOS, `^${scenario} is found `),
}));
const judges: Series = {
  ...{
    name: 'judges of scenarios',
    unit: 'runs of each',
    target: 200_000,
    step: 20_000,
    from: ['tests/scenarios/judges.test.ts'],
  },
  slice: drawn('tests/scenarios/judges.test.ts'),
};

const agreementOf = (file: string, target: number, step: number): Series => ({
  ...{ name: `agreement with brute force: ${file}`, unit: 'histories of each kind', target, step, from: [file] },
  slice: drawn(file),
});
const agreement = ['agreement', 'general-agreement', 'waiting-agreement', 'handover-agreement'].map((name) =>
  agreementOf(`tests/check/${name}.test.ts`, 200_000, 20_000),
);

const fuzzing = ['histories', 'files', 'modules'].map((name): Series => {
  const file = `tests/fuzz/${name}.test.ts`;
  return {
    name: `fuzzing: ${name}`,
    unit: 'cases of each kind',
    target: 10_000,
    step: 1000,
    from: [file],
    slice: drawn(file),
  };
});

const models = ['redis', 'redis-sentinel', 'redis-cluster', 'postgres', 'mariadb', 'etcd', 'consul', 'zookeeper'].map(
  (server): Series => {
    const file = `tests/sim/against-servers/${server}.test.ts`;
    return {
      ...{
        name: `models against servers: ${server}`,
        unit: 'tapes of each kind',
        target: 1000,
        step: 50,
        from: [file],
      },
      slice: drawn(file),
    };
  },
);

const NOTHING_LEFT = 'tests/e2e/nothing-left.test.ts';
const interruptions: Series = {
  ...{ name: 'nothing left', unit: 'moments of each signal', target: 200, step: 10 },
  from: [NOTHING_LEFT, 'harness/cli/main.ts', ...ON_SERVERS],
  slice: drawn(NOTHING_LEFT, ' ms into '),
};

const wholeTests: Series = {
  ...{ name: 'npm test', unit: 'runs', target: 10, step: 1, from: ['harness', 'implementations', 'reports', 'tests'] },
  slice: () => ({ args: ['--test', '--test-concurrency=2', '--test-timeout=1200000', 'tests/**/*.test.ts'] }),
};

export const SERIES: readonly Series[] = [
  ...accusations,
  ...ratesOf(
    'sim',
    50,
    simulated.filter(({ module: { specimen } }) => specimen !== undefined),
  ),
  ...ratesOf('native', 20, [...specimens, ...subjects]),
  ...libraries,
  ...determinism,
  ...forceRelease,
  ...applications,
  ...mistakes,
  judges,
  ...agreement,
  ...fuzzing,
  ...models,
  interruptions,
  wholeTests,
];
