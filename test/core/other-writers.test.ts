import path from 'node:path'
import t from 'tap'
import { createOtherWritersWatch } from '../../src/core/other-writers.ts'
import { createLog } from '../../src/lib/log.ts'
import { openDatabase } from '../../src/store/database.ts'
import { createStore } from '../../src/store/store.ts'

t.test('a change by another process makes the hub forget who may do what, once', async (t) => {
  const file = path.join(t.testdir(), 'littlehub.db')
  const log = createLog({ level: 'silent' })
  const hub = createStore(openDatabase(file, { log }))
  const command = createStore(openDatabase(file, { log }))
  t.teardown(() => {
    command.close()
    hub.close()
  })
  let forgotten = 0
  const look = createOtherWritersWatch({
    store: hub,
    access: { forgetAll: () => (forgotten += 1) },
  })

  look()
  hub.facts.set('who', 'the hub itself')
  look()
  t.equal(forgotten, 0, 'its own changes are no reason')

  command.facts.set('who', 'a command')
  look()
  look()
  t.equal(forgotten, 1)
})
