import path from 'node:path'
import t from 'tap'
import { loadConfig } from '../../src/config/load.ts'
import { renamedTo } from '../../src/config/renamed.ts'
import { pluginSchemas } from '../../src/context.ts'

t.test('a configuration of The Littlest JupyterHub is told what each key is called here', (t) => {
  const text = `
http: { port: 8080, address: 0.0.0.0 }
services:
  cull: { enabled: true, timeout: 600, every: 60, max_age: 0, users: false, concurrency: 5 }
user_environment: { default_app: jupyterlab }
`
  const file = path.join(t.testdir({ 'a.yaml': text }), 'a.yaml')
  const message = (): string => {
    try {
      loadConfig({ file, env: {}, flags: {} }, pluginSchemas)
      return ''
    } catch (thrown) {
      return thrown instanceof Error ? thrown.message : ''
    }
  }
  const lines = message().split('\n')
  t.equal(lines.length, 9, message())
  for (const [line, key, name] of [
    [2, 'http.port', 'port'],
    [2, 'http.address', 'host'],
    [4, 'services.cull.timeout', 'cull.timeout'],
    [5, 'user_environment.default_app', 'spawner.default_url'],
  ] as const)
    t.ok(
      lines.some((one) => one.startsWith(`${file}:${line}: ${key}: is called \`${name}\` here`)),
      key,
    )
  t.end()
})

t.test('those that mean the same are taken as they are', (t) => {
  const flags = { 'users.admin': 'ana', 'users.allowed': 'ben', 'users.blocked': 'eve' }
  const more = { base_url: '/hub1/', 'auth.type': 'native' }
  t.match(loadConfig({ env: {}, flags: { ...flags, ...more } }, pluginSchemas), {
    admin_users: ['ana'],
    users: { allowed: ['ben'], blocked: ['eve'] },
    base_url: '/hub1/',
    auth: { type: 'native' },
  })
  t.equal(renamedTo('port'), undefined)
  t.match(renamedTo('services.cull.timeout'), 'cull.timeout')
  t.end()
})
