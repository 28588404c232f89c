import { existsSync, statSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { hubOptions, type Command } from '../../src/cli/command.ts'
import { parseCall } from '../../src/cli/parse.ts'
import { withContext } from '../../src/cli/with-context.ts'
import { type Terminal } from '../../src/cli/terminal.ts'

const command: Command = {
  name: 'look',
  summary: '',
  operands: [],
  options: hubOptions,
  run: () => Promise.resolve(0),
}

t.test('the verbs work where no hub ever ran, and the database is closed in the end', async (t) => {
  const dir = path.join(t.testdir(), 'new')
  const terminal = { environment: { LITTLEHUB_DATA: dir }, say: () => undefined }
  const call = parseCall(command, [], terminal as unknown as Terminal)
  const store = await withContext(call, (context) => {
    context.users.add('ana', { admin: false })
    t.ok(existsSync(path.join(dir, 'littlehub.db-wal')))
    return context.store
  })
  t.notOk(existsSync(path.join(dir, 'littlehub.db-wal')), 'nothing is left of the opening')
  t.equal(statSync(path.join(dir, 'littlehub.db')).mode & 0o777, 0o600)
  t.throws(() => store.users.find(1), 'it is closed')
})

t.test('it is closed as well when the work fails', async (t) => {
  const dir = t.testdir()
  const terminal = { environment: { LITTLEHUB_DATA: dir }, say: () => undefined }
  const call = parseCall(command, [], terminal as unknown as Terminal)
  await t.rejects(
    withContext(call, () => {
      throw new Error('no')
    }),
    { message: 'no' },
  )
  t.notOk(existsSync(path.join(dir, 'littlehub.db-wal')))
})
