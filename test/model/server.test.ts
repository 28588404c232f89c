/** Servers: states, paths, client ids and names (S-18). */
import t from 'tap'
import {
  checkServerName,
  escapeName,
  fullName,
  isActive,
  pendingOf,
  routePrefix,
  serverClientId,
  serverPath,
  transition,
  type ServerEvent,
  type ServerState,
} from '../../src/model/server.ts'

const states: ServerState[] = ['stopped', 'starting', 'ready', 'stopping', 'failed']
const events: ServerEvent[] = ['start', 'started', 'stop', 'stopped', 'fail']

t.test('the whole table of states', async (t) => {
  const table: Record<ServerState, Partial<Record<ServerEvent, ServerState>>> = {
    stopped: { start: 'starting' },
    failed: { start: 'starting', stop: 'stopping' },
    starting: { started: 'ready', fail: 'failed', stop: 'stopping', stopped: 'stopped' },
    ready: { stop: 'stopping', fail: 'failed', stopped: 'stopped' },
    stopping: { stopped: 'stopped', fail: 'failed' },
  }
  for (const state of states)
    for (const event of events) {
      const next = table[state][event]
      if (next === undefined)
        t.throws(() => transition(state, event), { code: 'Conflict' }, `${state} ${event}`)
      else t.equal(transition(state, event), next, `${state} ${event}`)
    }
})

t.test('from every state there is a way to run and a way to stop', async (t) => {
  const reachable = (from: ServerState): Set<ServerState> => {
    const seen = new Set<ServerState>([from])
    for (const state of seen)
      for (const event of events)
        try {
          seen.add(transition(state, event))
        } catch {
          continue
        }
    return seen
  }
  for (const state of states)
    t.ok(reachable(state).has('ready') && reachable(state).has('stopped'), state)
})

t.test('there may be a process while starting, ready or stopping', async (t) => {
  t.same(
    states.filter((state) => isActive({ state })),
    ['starting', 'ready', 'stopping'],
  )
  t.same(states.map(pendingOf), [null, 'spawn', null, 'stop', null])
})

t.test('paths are escaped as JupyterHub escapes them', async (t) => {
  t.equal(serverPath('/', 'ana', ''), '/user/ana/')
  t.equal(serverPath('/hub1/', 'ana@uni.example', 'lab2'), '/hub1/user/ana@uni.example/lab2/')
  t.equal(serverPath('/', "josé o'neil (x)*!", ''), '/user/jos%C3%A9%20o%27neil%20%28x%29%2A%21/')
  t.equal(escapeName('a%2fb?#'), 'a%252fb%3F%23')
  t.equal(routePrefix('/', 'josé', 'lab'), '/user/josé/lab/')
  t.equal(fullName({ userName: 'ana', name: '' }), 'ana/')
})

t.test('a client id says whose server it is, and no two servers share one', async (t) => {
  t.equal(serverClientId('ana', ''), 'jupyterhub-user-ana')
  t.equal(serverClientId('ana@uni', 'lab'), 'jupyterhub-user-ana%40uni-lab')
  const pairs: [string, string][] = [
    ['a', 'b'],
    ['a', ''],
    ['b', ''],
    ['a%2db', ''],
    ['a b', ''],
    ['a@b', ''],
    ['a%40b', ''],
  ]
  t.equal(new Set(pairs.map((pair) => serverClientId(...pair))).size, pairs.length)
})

t.test('the name of a server is short and plain', async (t) => {
  for (const name of ['', 'a', 'lab2', 'my-lab', 'x'.repeat(30), 'a1-2']) {
    checkServerName(name)
    t.pass(name)
  }
  for (const name of [
    'A',
    '1a',
    '-a',
    'a-',
    'a--b',
    'a_b',
    'a b',
    'a/b',
    '..',
    'é',
    'x'.repeat(31),
    'a\n',
    ' ',
    'a\0',
  ])
    t.throws(() => checkServerName(name), { code: 'InvalidInput' }, JSON.stringify(name))
  t.throws(() => checkServerName('x'.repeat(100_000)), /^.{1,120}$/)
})
