/** Run in a machine: what every spawner promises, by a hub that has its helper do it. */
import { createServer } from 'node:net'
import path from 'node:path'
import t from 'tap'
import { createHelperCalls } from '../../../src/spawn/helper-calls.ts'
import { createHelperClient } from '../../../src/spawn/helper-client.ts'
import { serveHelper } from '../../../src/spawn/helper-server.ts'
import { systemdSpawner } from '../../../src/spawn/systemd.ts'
import { spawnerContract } from '../../conformance/spawner.ts'
import { quietLog, stayAwake } from '../support.ts'
import { systemdSettings } from './support.ts'

t.setTimeout(170_000)
stayAwake(t)

const ends: (() => Promise<void>)[] = []
t.teardown(() => Promise.all(ends.map((end) => end())))

spawnerContract(t, systemdSpawner, systemdSettings(), (options, needs) => {
  const spawner = systemdSpawner.create(options, { ...needs, hubGroup: 4242 })
  const calls = createHelperCalls(spawner, { unitPrefix: 'jupyter-', isAdmin: () => false })
  const file = path.join(needs.dataDir, `helper-${ends.length}.sock`)
  const server = createServer()
  const helper = serveHelper(server, { calls, spawner, log: quietLog() })
  server.listen(file)
  const client = createHelperClient(file)
  ends.push(() => {
    client.close?.()
    return helper.close()
  })
  return client
})
