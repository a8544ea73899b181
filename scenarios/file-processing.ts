import type { CarriedOutOf, Scenario } from '../harness/resource/scenario.ts';

export interface Folder {
  /** Files, by number, that nobody takes any longer. */
  readonly marked: readonly number[];
}

const marked = ({ marked: others }: Folder, file: number): Folder => ({ marked: [...others, file] });

function firstUnmarked({ marked: done }: Folder): number {
  const all = new Set(done);
  for (let file = 0; ; file += 1) if (!all.has(file)) return file;
}

export const operations = {
  pick: (folder: Folder) => ({ state: folder, answer: { picked: firstUnmarked(folder) } }),
  /** The result appears, and the file is taken by nobody any longer: in one step, so that nothing can come in between. */
  finish: (folder: Folder, { file }: { readonly file: number }) => ({ state: marked(folder, file), answer: {} }),
  /** The same in two steps. */
  publish: (folder: Folder, { file: _file }: { readonly file: number }) => ({ state: folder, answer: {} }),
  mark: (folder: Folder, { processed }: { readonly processed: number }) => ({
    state: marked(folder, processed),
    answer: {},
  }),
};
export type Operations = typeof operations;

/** What is the same with and without the mistake. */
export const folder: Omit<Scenario<Folder, Operations>, 'name' | 'summary' | 'cycle'> = {
  resources: ({ names }) => Object.fromEntries(names.map((name) => [name, { marked: [] }])),
  operations,
  rate: { operation: 'finish', unit: 'files' },
  looks: ['pick'],
  judge: (carriedOut) =>
    [...Map.groupBy(carriedOut, ({ resource }) => resource).values()].flatMap((all) => judgeOne(all)),
};

/** Take the first file that is left, work, and let the result appear. Who dies in the middle leaves the file to others. */
export const scenario: Scenario<Folder, Operations> = {
  ...folder,
  name: 'file-processing',
  summary:
    'processes the files of a folder one after another: the result of each appears once, whoever dies in the middle',
  source: '000: workers that share a folder',
  async cycle(client) {
    await using use = await client.acquire(client.names[0]);
    const picked = await use.do('pick');
    await use.work();
    if (use.lost) return;
    await use.do('finish', (door) => (picked[door] === undefined ? undefined : { file: picked[door].picked }));
  },
};

type Done = CarriedOutOf<Operations>;

function judgeOne(all: readonly Done[]): ReturnType<Scenario<Folder, Operations>['judge']> {
  const results = new Map<number, Done>();
  return all.flatMap((one) => {
    if (one.operation !== 'finish' && one.operation !== 'publish') return [];
    const { file } = one.values;
    const { resource, client } = one;
    const picked = all.findLast(
      ({ operation, client: by, place }) => operation === 'pick' && by === client && place < one.place,
    );
    const named = [...(picked === undefined ? [] : [picked]), one];
    const before = results.get(file);
    results.set(file, before ?? one);
    if (before !== undefined) {
      return [
        {
          invariant: 'the result of a file appears once',
          summary: `the result of file ${file} of ${resource} appeared twice, by client ${before.client} and by client ${client}`,
          operations: [before, ...named],
        },
      ];
    }
    if (file === 0 || results.has(file - 1)) return [];
    return [
      {
        invariant: 'no file is left out',
        summary: `file ${file} of ${resource} was processed by client ${client}, and the one before it never`,
        operations: named,
      },
    ];
  });
}
