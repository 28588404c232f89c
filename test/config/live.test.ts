import t from 'tap'
import { createLiveSettings } from '../../src/config/live.ts'
import { settings } from '../../src/config/schema.ts'
import { loadConfig } from '../../src/config/load.ts'
import { pluginSchemas } from '../../src/context.ts'

const load = (flags: Record<string, string>) => loadConfig({ env: {}, flags }, pluginSchemas)

t.test('whoever reads a setting reads what holds now', (t) => {
  const { config, replace } = createLiveSettings(load({ 'cull.timeout': '1h' }))
  const { cull } = config
  replace(load({ 'cull.timeout': '2h', base_url: '/x/' }))
  t.equal(config.cull.timeout, 7_200_000)
  t.equal(config.base_url, '/x/')
  t.equal(cull.timeout, 3_600_000, 'what was taken out before stays what it was')
  t.same(Object.keys({ ...config }), Object.keys(settings.properties), 'and all can be listed')
  t.end()
})

t.test('nobody changes a setting by the way', (t) => {
  const { config } = createLiveSettings(load({}))
  t.throws(
    () =>
      Reflect.defineProperty(config, 'port', { value: 1 }) || Object.assign(config, { port: 1 }),
  )
  t.equal(config.port, 8000)
  t.end()
})

t.test('parts that made something of settings hear of new ones, when these already hold', (t) => {
  const { config, replace, onChange } = createLiveSettings(load({ port: '1' }))
  const heard: number[] = []
  onChange(() => heard.push(config.port))
  onChange(() => heard.push(-config.port))
  replace(load({ port: '2' }))
  t.same(heard, [2, -2])
  t.end()
})
