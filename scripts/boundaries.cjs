/** Dependency rules: the one road of imports, generated from one ordered list, and the fences around packages. */
const road = [
  ['main'],
  ['cli'],
  ['hub', 'standalone'],
  ['web', 'api'],
  ['context'],
  ['core'],
  ['store', 'auth', 'spawn', 'proxy', 'tls'],
  ['config'],
  ['model'],
  ['lib'],
]
const room = (name) =>
  ['main', 'hub', 'context'].includes(name) ? `^src/${name}\\.ts$` : `^src/${name}/`

const roadRules = road.flatMap((stop, index) =>
  stop
    .map((name) => ({
      name: `${name} imports only what lies further along the road`,
      severity: 'error',
      from: { path: room(name) },
      to: {
        path: [...road.slice(0, index).flat(), ...stop.filter((other) => other !== name)].map(room),
      },
    }))
    .filter((rule) => rule.to.path.length > 0),
)

const fence = (what, packages, rooms) => ({
  name: `${what} only in ${rooms.join(', ')}`,
  severity: 'error',
  from: { path: '^src/', pathNot: rooms },
  to: { path: packages },
})

module.exports = {
  forbidden: [
    ...roadRules,
    { name: 'no cycles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no orphans', severity: 'error', from: { orphan: true, path: '^src/' }, to: {} },
    {
      name: 'src never imports test',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^test/' },
    },
    fence('better-sqlite3', '^node_modules/(@types/)?better-sqlite3', ['^src/store/']),
    fence('fastify', '^node_modules/(fastify|@fastify)/', ['^src/web/', '^src/api/']),
    fence('eta', '^node_modules/eta/', ['^src/web/views\\.ts$']),
    fence('bcrypt', '^node_modules/(@types/)?bcrypt/', ['^src/lib/password\\.ts$']),
    fence('execa', '^node_modules/execa/', ['^src/spawn/', '^src/cli/', '^src/lib/run\\.ts$']),
    fence('node:net', '^(node:)?(net|tls)$', [
      '^src/proxy/',
      '^src/standalone/',
      '^src/tls/',
      '^src/spawn/',
      '^src/web/',
      '^src/cli/',
    ]),
    fence('node:child_process', '^(node:)?child_process$', ['^src/spawn/', '^src/auth/pam\\.ts$']),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'types'],
    },
  },
}
