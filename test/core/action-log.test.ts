/** §9.136: the log of server actions. */
import { readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { createActionLog } from '../../src/core/action-log.ts'
import { createCore } from '../support/core.ts'

t.test('§9.136 a start and a stop are a line each, as the schema has them', async (t) => {
  const file = path.join(t.testdir(), 'events.log')
  const core = createCore(t, {
    settings: { event_log: file },
    dataDir: path.join(t.testdirName, 'd'),
  })
  const { servers } = core.context
  await servers.stop(await servers.start(core.serverOf(core.addUser('ana:b'))))
  const lines = readFileSync(file, 'utf8').trim().split('\n')
  const envelope = {
    __timestamp__: '2026-01-31T12:00:00.000Z',
    __schema__: 'https://schema.jupyter.org/jupyterhub/events/server-action',
    __schema_version__: '1',
    __metadata_version__: 1,
    username: 'ana:b',
    servername: '',
  }
  t.same(
    lines.map((line) => JSON.parse(line) as unknown),
    [
      { ...envelope, action: 'start' },
      { ...envelope, action: 'stop' },
    ],
  )
  t.equal(statSync(file).mode & 0o777, 0o600)
})

t.test('a log that cannot be written keeps nothing from happening', async (t) => {
  const { context, lines } = createCore(t)
  const { clock, log } = context
  const server = { userName: 'ana', name: '' }
  createActionLog({ file: '/nowhere/at/all', clock, log }).record('start', server)
  createActionLog({ file: '', clock, log }).record('start', server)
  t.equal(lines.filter((line) => line.includes('writing the event log')).length, 1)
})
