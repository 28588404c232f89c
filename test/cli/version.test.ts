import t from 'tap'
import path from 'node:path'
import { knownSchema } from '../../src/store/snapshot.ts'
import { openDatabase } from '../../src/store/database.ts'
import { createLog } from '../../src/lib/log.ts'
import { version as own } from '../../src/lib/version.ts'
import { littlehub } from '../support/command-line.ts'

t.test('says which littlehub and which Node this is', async (t) => {
  const { code, out } = await littlehub(['version'])
  t.equal(code, 0)
  t.match(out, /^littlehub \d+\.\d+\.\d+, Node 2\d\./)
})

t.test('says it to a script', async (t) => {
  const { out } = await littlehub(['version', '--json'])
  t.match(JSON.parse(out), { littlehub: /^\d+\.\d+\.\d+$/, node: process.versions.node })
})

t.test('a script reads which schema it knows, and which the database has', async (t) => {
  const dataDir = t.testdir({})
  const known = { littlehub: own, node: process.versions.node }
  const facts = async (): Promise<unknown> =>
    JSON.parse((await littlehub(['version', '--json', '--data', dataDir])).out)
  t.strictSame(await facts(), { ...known, schema: knownSchema() })
  const file = path.join(dataDir, 'littlehub.db')
  const database = openDatabase(file, { log: createLog({ level: 'silent' }) })
  database.pragma('user_version = 99')
  database.close()
  t.strictSame(await facts(), { ...known, schema: knownSchema(), database: 99 })
})

t.test('it is told whatever the configuration is like', async (t) => {
  const { code, out } = await littlehub(['version', '--json', '--config', '/does/not/exist'])
  t.equal(code, 0)
  t.match(JSON.parse(out), { schema: knownSchema() })
})
