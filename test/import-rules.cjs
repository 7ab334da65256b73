// Who may import whom (docs/architecture.md). Checked by `npm run check`.
const only = (from, allowed, also = []) => ({
  name: `${from}-imports`,
  comment: `src/${from} may import only: ${allowed.join(', ') || 'nothing of src'}`,
  severity: 'error',
  from: { path: `^src/${from}/` },
  to: {
    path: '^src/',
    pathNot: [
      `^src/${from}/`,
      '^src/(user-error|unwritable|terminal-reset|make-directory)\\.ts$',
      ...allowed.map((folder) => `^src/${folder}/`),
      ...also,
    ],
  },
});

/** The same, but the named folders may be imported for their types only. */
const typesOnly = (from, folder) => ({
  name: `${from}-takes-types-of-${folder}`,
  severity: 'error',
  from: { path: `^src/${from}/` },
  to: { path: `^src/${folder}/`, dependencyTypesNot: ['type-only'] },
});

module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    only('protocols', []),
    {
      name: 'protocols-are-pure',
      severity: 'error',
      comment: 'protocols/ does no I/O and stands on eventsource-parser alone',
      from: { path: '^src/protocols/' },
      to: { dependencyTypes: ['npm', 'npm-dev', 'core'], pathNot: '^node_modules/eventsource-parser/' },
    },
    only('config', ['protocols']),
    only('traffic', ['protocols', 'config']),
    only('proxy', ['config', 'protocols', 'traffic']),
    only('clients', ['config']),
    only('sessions', ['clients', 'config', 'traffic', 'proxy', 'protocols']),
    only('display', ['traffic', 'config'], ['^src/sessions/view.ts$']),
    only('demo', []),
    typesOnly('traffic', 'config'),
    typesOnly('sessions', 'protocols'),
    typesOnly('display', 'sessions'),
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: { extensions: ['.ts', '.tsx'] },
  },
};
