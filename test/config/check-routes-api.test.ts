/** The REST API of routes has a token, a port of its own, and an address that the network does not reach. */
import t from 'tap'
import { checkRoutesApi } from '../../src/config/check-routes-api.ts'
import { explainSettings } from '../../src/config/explain.ts'
import { pluginSchemas } from '../../src/context.ts'

const token = 'a-token-of-sixteen-characters'
const usual = { enabled: true, host: '127.0.0.1', port: 8001, token, open_to_network: false }

const usualPorts = { port: 8000, internal_port: 0, https: { enabled: false, port: 443 } }

const problems = (changes: Partial<typeof usual>, more: Partial<typeof usualPorts> = {}) => {
  const config = { ...usualPorts, ...more, routes_api: { ...usual, ...changes } }
  return checkRoutesApi(config as never).map(({ at, sentence }) => `${at.join('.')} ${sentence}`)
}

t.test('without a token that cannot be guessed there is no such API', async (t) => {
  t.same(problems({}), [])
  for (const bad of ['', 'short', 'fifteen-letters'])
    t.match(problems({ token: bad }), [/^routes_api\.token has fewer than 16 characters/], bad)
  for (const bad of ['a token with many spaces', 'ein-schlüssel-mit-umlaut'])
    t.match(problems({ token: bad }), [/^routes_api\.token has spaces or letters/], bad)
  t.same(problems({ token: '', enabled: false }), [], 'settings are set one after the other')
})

t.test('the network reaches it only where the configuration says so in words', async (t) => {
  for (const host of ['0.0.0.0', '::', '192.0.2.7', 'hub.example.org', '127.evil.test', ''])
    t.match(problems({ host }), [/^routes_api\.host .*`routes_api\.open_to_network`/], host)
  t.same(problems({ host: '0.0.0.0', open_to_network: true }), [])
  for (const host of ['127.0.0.9', 'localhost', '::1']) t.same(problems({ host }), [], host)
})

t.test('its port is nobody else’s', async (t) => {
  t.match(problems({}, { port: 8001 }), [/^routes_api\.port is 8001, like `port`/])
  t.match(problems({}, { internal_port: 8001 }), [/like `internal_port`/])
  t.match(problems({}, { https: { enabled: true, port: 8001 } }), [/like `https\.port`/])
  t.same(problems({}, { https: { enabled: false, port: 8001 } }), [])
  t.same(problems({ port: 0 }, { port: 0 }), [])
})

t.test('its token is shown to nobody', async (t) => {
  const settings = explainSettings({ env: {}, flags: { 'routes_api.token': token } }, pluginSchemas)
  t.equal(settings.find(({ key }) => key === 'routes_api.token')?.value, '********')
  t.notMatch(JSON.stringify(settings), token)
})
