/** The settings of the systemd spawner, as the configuration has them. */
import t from 'tap'
import { loadConfig } from '../../src/config/load.ts'
import { pluginSchemas } from '../../src/context.ts'

const load = (flags: Readonly<Record<string, string>>) =>
  loadConfig({ env: {}, flags: { 'spawner.type': 'systemd', ...flags } }, pluginSchemas)

t.test('the defaults are those that users of TheLittlestJupyterHub know', async (t) => {
  t.match(load({}).pluginOptions.spawner, {
    account_prefix: 'jupyter-',
    homes_dir: '/home',
    unit_prefix: 'jupyter-',
    slice: 'littlehub.slice',
    admin_sudo: false,
    reserved_memory: 512 * 2 ** 20,
  })
})

t.test('names that unix or systemd would not take are refused', async (t) => {
  for (const [key, value] of [
    ['account_prefix', 'Jupyter '],
    ['account_prefix', '1-'],
    ['slice', 'littlehub'],
    ['slice', '../x.slice'],
    ['unit_prefix', ''],
  ] as const)
    t.throws(
      () => load({ [`spawner.systemd.${key}`]: value }),
      { name: 'ConfigError' },
      `${key} ${value}`,
    )
})
