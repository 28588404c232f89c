/** Spawn options: who may choose what, and what a start comes to by it. */
import t, { type Test } from 'tap'
import { createSpawnOptions } from '../../src/core/spawn-options.ts'
import { type Changes, type Profile, type ServerSettings } from '../../src/model/profile.ts'
import { createCore } from '../support/core.ts'
import { createParts } from '../support/parts.ts'

const settings: ServerSettings = {
  cmd: ['program'],
  args: ['-v'],
  environment: { WHO: 'everybody' },
  defaultUrl: '/lab',
  memoryBytes: 1,
  cpuCores: 1,
  tasks: 1,
}
const from = (who: string, more: Changes = {}): Changes => ({ environment: { WHO: who }, ...more })
const named = { displayName: 'X', isDefault: false }
const plain = { ...named, description: '', groups: [], options: [] }
const card = {
  name: 'card',
  displayName: 'Card',
  choices: [
    { ...named, name: 'none', changes: {} },
    { ...named, name: 'one', changes: from('choice') },
  ],
}
const profiles: Profile[] = [
  { ...plain, slug: 'first', changes: {} },
  { ...plain, slug: 'second', changes: from('profile', { memoryBytes: 0 }), options: [card] },
  { ...plain, slug: 'staff-only', changes: {}, groups: ['staff'] },
]
const groupOverrides = [
  { groups: ['staff'], changes: from('staff', { cpuCores: 8, tasks: 8 }) },
  { groups: ['z', 'students'], changes: from('students', { cpuCores: 2 }) },
]

function start(t: Test, config: { profiles: Profile[]; groupsOfAna?: string[] }) {
  const { store, addUser } = createParts(t)
  const ana = addUser('ana')
  addUser('ben')
  for (const name of config.groupsOfAna ?? [])
    store.groups.addMember(store.groups.create(name, {}).id, ana.id)
  const options = createSpawnOptions({ store, settings, groupOverrides, ...config })
  return { options, ana, ben: { name: 'ben' } }
}

t.test('configuration < groups in their order < profile < choice (§9.59)', async (t) => {
  const { options, ana, ben } = start(t, { profiles, groupsOfAna: ['students', 'staff'] })
  t.same(options.settingsFor(ben, {}), settings)
  t.match(options.settingsFor(ana, {}), {
    environment: { WHO: 'students' },
    cpuCores: 2,
    tasks: 8,
    memoryBytes: 1,
  })
  t.match(options.settingsFor(ana, { profile: 'second' }), {
    environment: { WHO: 'profile' },
    cpuCores: 2,
    memoryBytes: 0,
  })
  t.match(options.settingsFor(ana, { profile: 'second', card: 'one' }), {
    environment: { WHO: 'choice' },
    cmd: ['program'],
    args: ['-v'],
    defaultUrl: '/lab',
  })
  t.same(options.settingsFor(ben, {}), settings, 'nothing adds up over starts')
})

t.test('a profile of a group is as unknown to others as one that is not there', async (t) => {
  const { options, ana, ben } = start(t, { profiles, groupsOfAna: ['staff'] })
  t.same(
    options.profilesFor(ben).map(({ slug }) => slug),
    ['first', 'second'],
  )
  t.equal(options.problemOf(ana, { profile: 'staff-only' }), undefined)
  t.equal(options.profileOf(ana, { profile: 'staff-only' })?.slug, 'staff-only')
  t.equal(options.profileOf(ben, { profile: 'staff-only' }), undefined)
  t.match(options.problemOf(ben, { profile: 'staff-only' }), {
    field: 'profile',
    message: "There is no profile 'staff-only'; there are: first, second.",
  })
  for (const refused of [
    () => options.require(ben, { profile: 'staff-only' }),
    () => options.settingsFor(ben, { profile: 'staff-only' }),
  ])
    t.throws(refused, { code: 'InvalidInput' })
})

t.test('whoever may choose none of the profiles starts nothing', async (t) => {
  const { options, ben } = start(t, { profiles: profiles.slice(2) })
  t.match(options.problemOf(ben, {}), { field: 'form', message: /None of the profiles .* for ben/ })
  t.throws(() => options.require(ben, {}), { code: 'InvalidInput' })
})

t.test('without profiles options mean nothing here, whatever they are', async (t) => {
  const { options, ana } = start(t, { profiles: [] })
  t.equal(options.problemOf(ana, { profile: 'x' }), undefined)
  t.equal(options.profileOf(ana, {}), undefined)
  t.same(options.settingsFor(ana, { profile: ['x'] }), settings)
})

t.test('a start is checked before anything of it begins, and gets what was chosen', async (t) => {
  const small = { slug: 'small', display_name: 'S', memory: '1G', args: ['--small'] }
  const other = { slug: 'other', display_name: 'O', groups: ['x'] }
  const core = createCore(t, {
    settings: {
      profiles: JSON.stringify([small, other]),
      'limits.memory': '2G',
      'limits.cpu': '0.5',
    },
  })
  const server = core.serverOf(core.addUser('ana'))
  const { servers } = core.context
  t.match(await servers.start(server, { profile: 'other' }).catch((e: unknown) => e), {
    code: 'InvalidInput',
  })
  t.match(core.again(server), { state: 'stopped', options: {} })
  await servers.start(server, { profile: 'small' })
  t.match(core.spawner.programs()[0], {
    environment: { MEM_LIMIT: String(1024 ** 3), CPU_LIMIT: '0.5' },
  })
  await servers.stop(server)
  t.same((await servers.start(server)).options, { profile: 'small' }, 'they are remembered')
})
