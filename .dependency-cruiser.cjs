/**
 * Which folder may know which. `npm run lint` holds the code to it (tools/architecture.ts); docs/architecture.md explains it.
 *
 * Each room may import those that stand before it, and none that stand after it.
 */
const ROOMS = [
  'implementations',
  'harness/base',
  'harness/history',
  'harness/check',
  'harness/plan',
  'harness/report',
  'harness/backends',
  'harness/faults',
  'harness/verdict',
  'harness/resource',
  'scenarios',
  'harness/subject',
  'harness/run',
  'harness/sim',
  'harness/conformance',
  'harness/load',
  'harness/gates',
  'harness/compare',
  'reports',
  'harness/commands',
  'harness/testing',
  'harness/cli',
];

const within = (rooms) => `^(${rooms.join('|')})/`;

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    { name: 'no-circle-of-files', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no-circle-of-folders', severity: 'error', scope: 'folder', from: {}, to: { circular: true } },
    ...ROOMS.slice(0, -1).map((room, place) => ({
      name: `${room.replace('/', '-')}-knows-only-what-stands-before-it`,
      severity: 'error',
      from: { path: within([room]) },
      to: { path: within(ROOMS.slice(place + 1)) },
    })),
    {
      name: 'contract-knows-nothing-of-ours',
      severity: 'error',
      from: { path: '^harness/base/' },
      to: { path: '^(implementations|reports|scenarios|benchmarks|tests)/' },
    },
    {
      name: 'nothing-imports-tests-or-benchmarks',
      severity: 'error',
      from: { pathNot: '^(tests|benchmarks)/' },
      to: { path: '^(tests|benchmarks)/' },
    },
    { name: 'benchmarks-import-no-tests', severity: 'error', from: { path: '^benchmarks/' }, to: { path: '^tests/' } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: 'node_modules|^dist|/dist/|^runs' },
    parser: 'swc',
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      extensions: ['.ts', '.js'],
      exportsFields: ['exports'],
      conditionNames: ['holdfast-source', 'import', 'node'],
    },
  },
};
