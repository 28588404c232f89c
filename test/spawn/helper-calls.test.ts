/** A hub that was broken into asks for everything it should not get. */
import t from 'tap'
import { createHelperCalls, type HelperPolicy } from '../../src/spawn/helper-calls.ts'
import { type Spawner, type SpawnUser } from '../../src/spawn/spawner.ts'
import { slugOf } from '../../src/model/user.ts'
import { never } from './support.ts'

const how = { signal: never, progress: () => undefined }

/** Everything that root's spawner was really asked for. */
function helper(policy: Partial<HelperPolicy> = {}) {
  const asked: unknown[] = []
  const note = (...words: unknown[]) => {
    asked.push(words)
    return Promise.resolve(undefined)
  }
  const spawner = {
    start({ signal, progress, ...request }) {
      asked.push(['start', request])
      progress(String(signal.aborted))
      return Promise.resolve({ url: 'unix:/s', state: {} })
    },
    poll: (state) => note('poll', state).then(() => ({ alive: false })),
    exited: (state) => note('exited', state).then(() => ({})),
    stop: (state, options) => note('stop', state, options),
    usage: (state) => note('usage', state),
    setLimits: (state, limits) => note('setLimits', state, limits).then(() => state),
    logTail: (slug) => note('logTail', slug).then(() => []),
    forget: (slug) => note('forget', slug),
    accountChanged: (user, change) => note('accountChanged', user, change),
    archiveHome: (user, name) => note('archiveHome', user, name),
    prepare: (command, environment) => void note('prepare', command, environment),
    answered: (state, tookMs) => void note('answered', state, tookMs),
    warmth: () => ({ warm: 1, cold: 2 }),
  } satisfies Spawner
  const calls = createHelperCalls(spawner, {
    unitPrefix: 'jupyter-',
    isAdmin: (name) => name === 'chief',
    ...policy,
  })
  const perform = (call: string, given: unknown) => calls.perform(call, given, how)
  return { asked, perform }
}

const ana = { id: 7, name: 'ana', slug: 'ana', admin: false }
const request = {
  slug: 'ana',
  user: ana,
  serverName: '',
  command: ['jupyterhub-singleuser'],
  limits: { memoryBytes: 2 ** 30 },
  environment: { PATH: '/usr/bin', SECRET: 'a\nb"$' },
  prefix: '/user/ana/',
  routedPorts: [3000],
}
const state = {
  unit: 'jupyter-ana.service',
  invocation: '0123456789abcdef0123456789abcdef',
  slug: 'ana',
  port: 0,
  memoryBytes: 0,
  cpuCores: 0,
  tasks: 0,
}

t.test('what a hub asks for is done, and nothing is added to it', async (t) => {
  const { asked, perform } = helper()
  t.same(await perform('start', { ...request, properties: ['User=root'], uid: 0 }), {
    url: 'unix:/s',
    state: {},
  })
  await perform('start', { ...request, slug: 'ana.lab', serverName: 'lab' })
  await perform('stop', { state: { ...state, more: 'x' }, now: true })
  await perform('setLimits', { state, limits: { tasks: 9, MemoryMax: 'x' } })
  await perform('archiveHome', { user: ana, name: 'ana-20260102T030405.tar.gz' })
  await perform('prepare', { command: ['server'], environment: { PATH: '/bin' }, uid: 0 })
  await perform('answered', { state: { ...state, more: 'x' }, tookMs: 200 })
  t.same(await perform('warmth', {}), { warm: 1, cold: 2 })
  t.same(asked, [
    ['start', request],
    ['start', { ...request, slug: 'ana.lab', serverName: 'lab' }],
    ['stop', state, { now: true }],
    ['setLimits', state, { tasks: 9 }],
    ['archiveHome', ana, 'ana-20260102T030405.tar.gz'],
    ['prepare', ['server'], { PATH: '/bin' }],
    ['answered', state, 200],
  ])
})

t.test('a hub of another version may know nothing of ports', async (t) => {
  const { asked, perform } = helper()
  const { routedPorts, ...older } = request
  await perform('start', older)
  t.same(asked, [['start', { ...request, routedPorts: [] }]], `and not ${routedPorts.join()}`)
})

t.test('what another spawner left is nothing here', async (t) => {
  const { asked, perform } = helper()
  t.same(await perform('poll', { state: { pid: 1, uid: 0 } }), { alive: false })
  t.same(asked, [['poll', {}]])
})

const refused: Readonly<Record<string, readonly [string, unknown]>> = {
  'a server under the name of somebody else': ['start', { ...request, slug: 'bob' }],
  'one that begins like it': ['start', { ...request, slug: 'anabel' }],
  'a way out of the folder': ['start', { ...request, slug: 'ana.../../etc' }],
  'a way out, as a user': [
    'start',
    { ...request, slug: '../x', user: { ...ana, slug: '../x', name: '../x' } },
  ],
  'a line more in a property': ['start', { ...request, slug: 'ana.x\nUser=root' }],
  'an account with an unusual name': ['start', { ...request, user: { ...ana, slug: 'ana bob' } }],
  'an option in the place of an account': [
    'start',
    { ...request, slug: '-x', user: { ...ana, slug: '-x' } },
  ],
  'the id of nobody': ['start', { ...request, user: { ...ana, id: 0 } }],
  'an id that is a text': ['start', { ...request, user: { ...ana, id: '7' } }],
  'no program': ['start', { ...request, command: [] }],
  'a word with an end in it': ['start', { ...request, command: ['/bin/sh', 'a\0b'] }],
  'a word that is none': ['start', { ...request, command: ['/bin/sh', {}] }],
  'a variable that is none': ['start', { ...request, environment: { A: 1 } }],
  'a port that is none': ['start', { ...request, routedPorts: [70_000] }],
  'more ports than there are': ['start', { ...request, routedPorts: Array(65_536).fill(1) }],
  'a limit that is a text': ['start', { ...request, limits: { tasks: '1 User=root' } }],
  'a limit below nothing': ['start', { ...request, limits: { memoryBytes: -1 } }],
  'the unit of another service': ['stop', { state: { ...state, unit: 'ssh.service' }, now: true }],
  'the unit of the hub itself': ['stop', { state: { ...state, unit: 'littlehub.service' }, now: false }], // prettier-ignore
  'a pattern in the place of a unit': [
    'stop',
    { state: { ...state, unit: 'jupyter-*.service', slug: '*' }, now: true },
  ],
  'a unit of another slug': ['usage', { state: { ...state, unit: 'jupyter-bob.service' } }],
  'limits for another service': [
    'setLimits',
    { state: { ...state, unit: 'system.slice' }, limits: {} },
  ],
  'facts of another unit': ['poll', { state: { ...state, unit: 'cron.service' } }],
  'waiting for another unit': ['exited', { state: { ...state, unit: 'cron.service' } }],
  'the log of what is no server': ['logTail', { slug: '../../etc/shadow', lines: 1 }],
  'lines without end': ['logTail', { slug: 'ana', lines: 1e9 }],
  'forgetting a path': ['forget', { slug: '../littlehub' }],
  'an archive elsewhere': ['archiveHome', { user: ana, name: '/etc/cron.d/x' }],
  'an archive above': ['archiveHome', { user: ana, name: '../ana-20260102T030405.tar.gz' }],
  'an archive in the name of another': [
    'archiveHome',
    { user: ana, name: 'bob-20260102T030405.tar.gz' },
  ],
  'a call that is none': ['run', {}],
  'a call that every object has': ['constructor', {}],
  nothing: ['start', undefined],
}

for (const [what, [call, given]] of Object.entries(refused))
  t.test(`refused: ${what}`, async (t) => {
    const { asked, perform } = helper()
    t.match(await perform(call, given).catch((thrown: unknown) => thrown), { code: 'Forbidden' })
    t.same(asked, [])
  })

t.test('an administrator is who the configuration says, under their own name', async (t) => {
  const { asked, perform } = helper()
  const claims: readonly SpawnUser[] = [
    { id: 9, name: 'chief', slug: 'chief', admin: true },
    { id: 9, name: 'chief', slug: 'chief', admin: false },
    { id: 7, name: 'ana', slug: 'ana', admin: true },
    { id: 7, name: 'chief', slug: 'ana', admin: true },
  ]
  for (const user of claims) await perform('accountChanged', { user, disabled: false })
  t.same(
    asked.map((words) => (words as [string, SpawnUser])[1]),
    [
      claims[0],
      claims[1],
      { ...ana, admin: false },
      // The groups of the chief are not to be had either.
      { id: 7, name: 'ana', slug: 'ana', admin: false },
    ],
  )
})

t.test('somebody with an unusual name is known by it', async (t) => {
  const { asked, perform } = helper()
  const user = { id: 8, name: 'ana@example.org', slug: slugOf('ana@example.org'), admin: false }
  await perform('accountChanged', { user, disabled: true })
  t.same(asked, [['accountChanged', user, { disabled: true }]])
})
