/** Servers: rows, changes, activity. */
import t from 'tap'
import { at, openStore } from '../support/database.ts'

function setUp(t: Parameters<typeof openStore>[0]) {
  const { store } = openStore(t)
  const ana = store.users.create({ name: 'ana', admin: false, at: at(0) }).id
  const server = store.servers.findByName(ana, '')
  if (!server) throw new Error('no default server')
  return { servers: store.servers, ana, server }
}

t.test(
  'a change changes what it names, clears what it names as undefined, and leaves the rest',
  async (t) => {
    const { servers, server } = setUp(t)
    const whole = {
      state: 'ready',
      url: 'http://127.0.0.1:5',
      spawnState: { pid: 5, start: 'x' },
      options: { profile: 'big' },
      failure: { message: 'm', exitCode: 1, logTail: ['a'] },
      startedAt: at(1),
      lastActivityAt: at(2),
    } as const
    t.match(servers.update(server.id, whole), whole)
    const cleared = servers.update(server.id, { url: undefined, failure: undefined })
    t.match(cleared, {
      url: undefined,
      failure: undefined,
      state: 'ready',
      spawnState: whole.spawnState,
      startedAt: at(1),
    })
    t.same(servers.find(server.id), cleared)
    t.throws(() => servers.update(999, { state: 'ready' }), { code: 'NotFound' })
  },
)

t.test('named servers are made once and listed in order', async (t) => {
  const { servers, ana, server } = setUp(t)
  const lab = servers.create(ana, 'lab')
  t.match(lab, { name: 'lab', state: 'stopped', userName: 'ana', options: {} })
  t.throws(() => servers.create(ana, 'lab'), { code: 'Conflict', message: /'lab'/ })
  t.same(
    servers.listOf(ana).map(({ name }) => name),
    ['', 'lab'],
  )
  servers.remove(server.id)
  t.equal(servers.findByName(ana, ''), undefined)
})

t.test('those of many users are listed by user and name', async (t) => {
  const { store } = openStore(t)
  const [ana, , cem] = ['ana', 'ben', 'cem'].map((name) =>
    store.users.create({ name, admin: false, at: at(0) }),
  )
  if (!ana || !cem) throw new Error('somebody is missing')
  store.servers.create(ana.id, 'lab')
  const listed = store.servers.listOfUsers([cem.id, ana.id])
  t.same(
    listed.map(({ userName, name }) => `${userName}/${name}`),
    ['ana/', 'ana/lab', 'cem/'],
  )
  t.same(listed.slice(0, 2), store.servers.listOf(ana.id))
  t.same(store.servers.listOfUsers([]), [])
})

t.test('active ones are those that may have a process', async (t) => {
  const { servers, ana } = setUp(t)
  const states = ['starting', 'ready', 'stopping', 'failed', 'stopped'] as const
  for (const state of states) servers.update(servers.create(ana, state).id, { state })
  t.same(
    servers.listActive().map(({ name }) => name),
    ['starting', 'ready', 'stopping'],
  )
})

t.test('activity of many is one write, only forward, and gone servers do not matter', async (t) => {
  const { servers, ana, server } = setUp(t)
  const lab = servers.create(ana, 'lab')
  servers.touchMany(
    new Map([
      [server.id, at(50)],
      [lab.id, at(60)],
      [999, at(1)],
    ]),
  )
  servers.touchMany(new Map([[server.id, at(10)]]))
  servers.touchMany(new Map())
  t.same(
    servers.listOf(ana).map(({ lastActivityAt }) => lastActivityAt),
    [at(50), at(60)],
  )
})

t.test('a server is renamed, and gets a name for people, but no name that is taken', async (t) => {
  const { servers, ana } = setUp(t)
  const lab = servers.create(ana, 'lab')
  const changed = servers.update(lab.id, { name: 'lab2', displayName: 'Ana’s lab' })
  t.match(changed, { id: lab.id, name: 'lab2', displayName: 'Ana’s lab' })
  servers.create(ana, 'lab')
  t.throws(() => servers.update(lab.id, { name: 'lab' }), { code: 'Conflict' })
  t.equal(servers.findByName(ana, 'lab2')?.id, lab.id)
})

t.test('what the servers of a group do is counted, those that wait apart', async (t) => {
  const { store } = openStore(t)
  const group = store.groups.create('class', {})
  const states = ['stopped', 'ready', 'starting', 'starting', 'failed'] as const
  for (const [index, state] of states.entries()) {
    const user = store.users.create({ name: `s${index}`, admin: false, at: at(0) })
    const server = store.servers.findByName(user.id, '')
    store.groups.addMember(group.id, user.id)
    const startedAt = index === 3 ? undefined : at(1)
    if (server) store.servers.update(server.id, { state, startedAt })
    store.servers.create(user.id, 'named')
  }
  store.users.create({ name: 'elsewhere', admin: false, at: at(0) })
  t.same(store.servers.countOfGroup(group.id), {
    ...{ stopped: 1, waiting: 1, starting: 1, ready: 1, stopping: 0, failed: 1 },
  })
})
