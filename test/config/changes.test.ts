import t from 'tap'
import { changesBetween, withoutRestart } from '../../src/config/changes.ts'
import { loadConfig } from '../../src/config/load.ts'
import { pluginSchemas } from '../../src/context.ts'

const load = (flags: Record<string, string>) => loadConfig({ env: {}, flags }, pluginSchemas)
const changes = (before: Record<string, string>, after: Record<string, string>) =>
  changesBetween(load(before), load(after), pluginSchemas)

t.test('the same settings differ in nothing, however they are written', (t) => {
  const before = { 'cull.timeout': '60m', admin_users: 'ana' }
  t.same(changes(before, { ...before, 'cull.timeout': '1h' }), { live: [], restart: [] })
  t.end()
})

t.test('each setting that differs is named, by when it is applied', (t) => {
  const after = {
    'cull.timeout': '2h',
    admin_users: 'ana',
    port: '1',
    'spawner.args': 'x',
    'spawner.process.run_as': 'self',
  }
  t.same(changes({}, after), {
    live: ['spawner.args', 'cull.timeout', 'admin_users'],
    restart: ['port', 'spawner.process.run_as'],
  })
  t.end()
})

t.test('options of a plug-in that is not chosen change nothing', (t) => {
  t.same(changes({}, { 'auth.dummy.password': 'a long password' }), { live: [], restart: [] })
  t.end()
})

t.test('what waits for a start stays what it was, also in a plug-in', (t) => {
  const [before, after] = [
    load({ port: '1', 'spawner.process.first_uid': '2000' }),
    load({
      port: '2',
      'auth.type': 'dummy',
      'spawner.process.first_uid': '3000',
      'spawner.args': 'x',
      'cull.timeout': '2h',
    }),
  ]
  const kept = withoutRestart(before, after, changesBetween(before, after, pluginSchemas))
  t.match(kept, {
    port: 1,
    auth: { type: 'native' },
    spawner: { type: 'process', args: ['x'] },
    cull: { timeout: 7_200_000 },
    pluginOptions: { spawner: { first_uid: 2000 } },
  })
  t.equal(after.port, 2, 'and what was read is not touched')
  t.same(changesBetween(kept, after, pluginSchemas).live, [], 'nothing else is left to apply')
  t.end()
})
