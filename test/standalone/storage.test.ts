/** Routes that outlive the proxy. */
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { createRouteTable } from '../../src/proxy/route-table.ts'
import { createRoutes } from '../../src/proxy/routes.ts'
import { keepRoutes } from '../../src/standalone/storage.ts'
import { temporaryFolder } from '../support/hub.ts'
import { eventually } from '../support/proxy.ts'
import { logLines } from '../support/standalone.ts'

const emptyTable = () => createRouteTable({ routes: createRoutes(() => 5000) })

t.test('a table that is opened again has its routes, and when they were used', async (t) => {
  const file = path.join(temporaryFolder(t), 'routes.json')
  const { log, lines } = logLines()
  const table = emptyTable()
  const storage = keepRoutes(file, table, log)
  table.add('/', { target: 'http://127.0.0.1:1', hub: true })
  table.add('/user/ana', { target: 'http://127.0.0.1:2', nested: { a: ['b'] } })
  storage.close()
  t.equal(statSync(file).mode & 0o777, 0o600, 'nobody else reads it')
  const again = emptyTable()
  keepRoutes(file, again, log).close()
  const facts = (one: ReturnType<typeof emptyTable>) =>
    one.list().map(({ path, data, route }) => [path, data, route.lastActivityMs])
  t.same(facts(again), facts(table))
  t.same(lines, [])
})

t.test('a change is written soon, without anybody closing anything', async (t) => {
  const file = path.join(temporaryFolder(t), 'routes.json')
  const table = emptyTable()
  const storage = keepRoutes(file, table, logLines().log)
  t.teardown(() => storage.close())
  table.add('/a', { target: 'http://127.0.0.1:1' })
  await eventually(() => statSync(file, { throwIfNoEntry: false }) !== undefined)
  t.match(readFileSync(file, 'utf8'), '"/a"')
})

t.test('a file that is none of routes is not overwritten', async (t) => {
  const file = path.join(temporaryFolder(t), 'routes.json')
  for (const text of [
    '',
    '{',
    '[]',
    '{"routes":[["/a",{}]]}',
    '{"routes":[["/a",{"lastActivityMs":1,"data":{"target":5}}]]}',
  ]) {
    writeFileSync(file, text)
    t.throws(() => keepRoutes(file, emptyTable(), logLines().log), { name: 'ConfigError' }, text)
    t.equal(readFileSync(file, 'utf8'), text)
  }
})

t.test('a folder that cannot be written is told in the log, and the proxy goes on', async (t) => {
  const { log, lines } = logLines()
  const table = emptyTable()
  const storage = keepRoutes('/proc/none/routes.json', table, log)
  table.add('/a', { target: 'http://127.0.0.1:1' })
  storage.close()
  t.match(lines, [{ level: 50, msg: 'the routes could not be kept' }])
})
