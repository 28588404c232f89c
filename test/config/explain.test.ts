import { chmodSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { explainSettings, isSecretName } from '../../src/config/explain.ts'
import { pluginSchemas } from '../../src/context.ts'

t.test('every setting says its value as a person writes it, and where that comes from', (t) => {
  const file = path.join(
    t.testdir({ 'a.yaml': 'port: 1\ncull:\n  timeout: 2h\ndata_dir: ./d\n' }),
    'a.yaml',
  )
  const env = { LITTLEHUB_SPAWNER__ENVIRONMENT__COURSE: 'x', LITTLEHUB_CULL__EVERY: '30s' }
  const flags = { host: '::1', port: '5' }
  const found = new Map(
    explainSettings({ file, env, flags }, pluginSchemas).map((one) => [one.key, one]),
  )
  t.match(found.get('port'), { value: 5, from: 'command line', live: false })
  t.match(found.get('cull.timeout'), { value: '2h', from: `${file}:3`, live: true })
  t.match(found.get('cull.every'), { value: '30s', from: 'LITTLEHUB_CULL__EVERY' })
  t.match(found.get('session.max_age'), { value: '14d', from: 'default' })
  t.match(found.get('spawner.environment'), { value: { COURSE: 'x' } })
  t.equal(found.get('data_dir')?.value, path.join(path.dirname(file), 'd'))
  t.ok(found.has('spawner.process.run_as'))
  t.notOk(found.has('auth.github.client_id'), 'a plug-in that is not chosen has nothing to say')
  t.end()
})

t.test('no secret is shown, wherever it stands', (t) => {
  const text = `
auth: { type: github, github: { client_id: a, client_secret: hidden-1, allow_all: true } }
services: [{ name: a, api_token: hidden-2, environment: { DB_PASSWORD: hidden-3, API_KEY: hidden-4 } }]
spawner: { environment: { AWS_SECRET_ACCESS_KEY: hidden-5 } }
https: { tls: { cert: /c.pem, key: /k.pem } }
`
  const file = path.join(t.testdir({ 'a.yaml': text }), 'a.yaml')
  chmodSync(file, 0o600)
  const shown = JSON.stringify(explainSettings({ file, env: {}, flags: {} }, pluginSchemas))
  t.notMatch(shown, /hidden/)
  t.match(shown, '/k.pem', 'where one lies is none')
  t.equal(shown.split('********').length - 1, 5)
  for (const name of ['client_secret', 'api_token', 'GITHUB_TOKEN', 'PASSWD'])
    t.ok(isSecretName(name), name)
  for (const name of ['port', 'keyboard', 'cull', 'timeout']) t.notOk(isSecretName(name), name)
  t.end()
})

t.test('a configuration with a mistake is not explained', (t) => {
  const sources = { env: { LITTLEHUB_PORT: 'x' }, flags: {} }
  t.throws(() => explainSettings(sources, pluginSchemas), { name: 'ConfigError' })
  t.end()
})
