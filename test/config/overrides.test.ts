/** Settings from the environment and from flags. */
import path from 'node:path'
import t from 'tap'
import { readEnvironment, readFlags, reservedVariables } from '../../src/config/overrides.ts'
import { settings } from '../../src/config/schema.ts'

const one = (name: string, text: string): unknown =>
  readEnvironment({ [name]: text }, settings)[0]?.value

t.test('a text is read by the type of its setting, and stays text when it cannot be', async (t) => {
  const rows: [string, string, unknown][] = [
    ['PORT', '80', 80],
    ['PORT', ' 80 ', 80],
    ['PORT', '0x50', '0x50'],
    ['PORT', '', ''],
    ['PORT', '-1', -1],
    ['PORT', '1e9', '1e9'],
    ['CULL__ENABLED', 'YES', true],
    ['CULL__ENABLED', '0', false],
    ['CULL__ENABLED', 'on', 'on'],
    ['CULL__ENABLED', 'constructor', 'constructor'],
    ['TRUSTED_PROXIES', 'a, b,', ['a', 'b']],
    ['TRUSTED_PROXIES', '', []],
    ['TRUSTED_PROXIES', '["a,b"]', ['a,b']],
    ['TRUSTED_PROXIES', '[', '['],
    ['SPAWNER__ENVIRONMENT', '{"A":"b"}', { A: 'b' }],
    ['SPAWNER__ENVIRONMENT', 'A=b', 'A=b'],
    ['DATA_DIR', './x', path.resolve('x')],
    ['DATA_DIR', '', ''],
    ['DATA_DIR', '/x', '/x'],
  ]
  for (const [name, text, value] of rows)
    t.same(one(`LITTLEHUB_${name}`, text), value, `${name}=${text}`)
})

t.test('only our own variables are settings', async (t) => {
  const names = ['PATH', 'littlehub_PORT', 'XLITTLEHUB_PORT', ...Object.keys(reservedVariables)]
  t.same(readEnvironment(Object.fromEntries(names.map((name) => [name, 'x'])), settings), [])
  t.same(readEnvironment({ LITTLEHUB_PORT: undefined }, settings), [])
})

t.test('flags are dotted keys of the command line', async (t) => {
  t.same(readFlags({ 'session.max_age': '5m', port: '1', host: undefined }, settings), [
    { at: ['session', 'max_age'], value: '5m', source: 'command line' },
    { at: ['port'], value: 1, source: 'command line' },
  ])
})
