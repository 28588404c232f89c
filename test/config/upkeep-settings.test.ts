import t from 'tap'
import { loadConfig } from '../../src/config/load.ts'
import { pluginSchemas } from '../../src/context.ts'
import { DAY, HOUR, MINUTE } from '../../src/lib/time.ts'

t.test(
  'without a word, idle servers are stopped, and a week of daily backups is kept',
  async (t) => {
    const { backup, cull } = loadConfig({ env: {}, flags: {} }, pluginSchemas)
    t.same(backup, { every: DAY, keep: 7, dir: '' })
    t.same(cull, { enabled: true, timeout: HOUR, every: MINUTE, max_age: 0 })
  },
)

t.test('to keep none is not to make any, which is another setting', async (t) => {
  const flags = { 'backup.keep': '0' }
  t.throws(() => loadConfig({ env: {}, flags }, pluginSchemas), { message: /backup\.keep/ })
})
