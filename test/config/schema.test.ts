/** Every setting: a sentence, a default that its own check accepts, and a sensible name. */
import t from 'tap'
import { loadConfig } from '../../src/config/load.ts'
import { settings } from '../../src/config/schema.ts'
import { listSettings, optionOf } from '../../src/config/sections.ts'

const all = listSettings(settings)

t.test('each has a sentence, a default and a plain name', async (t) => {
  t.ok(all.length > 30)
  for (const { key, schema } of all) {
    t.match(optionOf(schema, 'description'), /^[A-Z].*\.$/s, key)
    t.match(key, /^[a-z][a-z_]*(\.[a-z][a-z_]*)*$/)
  }
})

t.test('the defaults are a configuration', async (t) => {
  const config = loadConfig(
    { env: {}, flags: {} },
    { auth: { native: settings }, spawner: { process: settings } },
  )
  t.equal(config.password.min_length, 10)
  t.equal(config.cull.timeout, 3600_000)
})

t.test('the address of the site can lead nowhere else', async (t) => {
  const load = (flags: Record<string, string>) => () =>
    loadConfig({ env: {}, flags }, { auth: { native: settings }, spawner: { process: settings } })
  for (const base_url of ['hub', '/hub', '//evil.example/', '/a b/', '/a?b/', ''])
    t.throws(load({ base_url }), { name: 'ConfigError' }, base_url)
  for (const public_url of ['hub.example', 'ftp://x', 'https://a/b', 'https://u@h', 'javascript:x'])
    t.throws(load({ public_url }), { name: 'ConfigError' }, public_url)
  for (const base_url of ['/', '/a/', '/a/b-1/']) t.equal(load({ base_url })().base_url, base_url)
})
