/** The hub that `bench.ts` measures, as a process of its own: everything is real, but that servers are only pretended to start. */
import { parseArgs } from 'node:util'
import path from 'node:path'
import { loadConfig } from '../src/config/load.ts'
import { pluginSchemas } from '../src/context.ts'
import { createHub } from '../src/hub.ts'
import { favourEventLoop } from '../src/lib/helper-threads.ts'
import { createLog } from '../src/lib/log.ts'
import { openDatabase } from '../src/store/database.ts'
import { fillCrowd } from '../test/support/crowd.ts'
import { idleSpawner } from '../test/support/idle-spawner.ts'

const { values } = parseArgs({
  options: {
    folder: { type: 'string', default: '' },
    port: { type: 'string', default: '0' },
    users: { type: 'string', default: '2' },
    active: { type: 'string', default: '1' },
    upstream: { type: 'string', default: '' },
    /** Of the third user's server, when it is another one. */
    other: { type: 'string', default: '' },
    /** So many of the first users get a password, `quite a long secret of N`. */
    passwords: { type: 'string', default: '0' },
  },
})

const log = createLog({ level: 'error' })
const database = openDatabase(path.join(values.folder, 'littlehub.db'), { log })
fillCrowd(database, {
  users: Number(values.users),
  active: Number(values.active),
  now: new Date(),
  serverUrl: values.upstream,
  groupSize: 30,
})
if (values.other !== '')
  database.prepare('update servers set url = ? where user_id = 3').run(values.other)
const flags = { data_dir: values.folder, port: values.port, log_level: 'error' }
// All of the load comes from one user; and the crowd's servers have been idle for two hours, without being stopped.
const env = { LITTLEHUB_CONNECTIONS__PER_USER: '0', LITTLEHUB_CULL__TIMEOUT: '1d' }
const hub = createHub(loadConfig({ env, flags }, pluginSchemas), {
  log,
  database,
  spawner: idleSpawner,
})
await hub.start()
await favourEventLoop('apart')
const { store, passwords } = hub.context
for (let id = 2; id < 2 + Number(values.passwords); id++)
  store.users.setPasswordHash(id, await passwords.hash(`quite a long secret of ${id}`))
process.send?.({ url: hub.url })
process.on('disconnect', () => process.exit())
