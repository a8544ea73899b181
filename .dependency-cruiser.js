// Which folder may know which. `npm run lint` holds the code to it; docs/architecture.md explains it.

/** What stands in the same list may not be imported by what stands before it: each room knows only those below it. */
const LAYERS = [
  ['base'],
  ['history'],
  ['check'],
  ['plan'],
  ['report'],
  ['backends'],
  ['faults'],
  ['verdict'],
  ['resource'],
  ['subject'],
  ['run'],
  ['sim'],
  ['load', 'conformance'],
  ['gates'],
  ['compare'],
  ['commands'],
  ['cli'],
];

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    { name: 'no-circle-of-files', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no-circle-of-folders', severity: 'error', scope: 'folder', from: {}, to: { circular: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: 'node_modules|^tests|^dist|^runs' },
    parser: 'swc',
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      extensions: ['.ts', '.js'],
      exportsFields: ['exports'],
      conditionNames: ['holdfast-source', 'import', 'node', 'types'],
    },
  },
};
