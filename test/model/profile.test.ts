/** Profiles: what is chosen, and what it comes to. */
import t from 'tap'
import {
  applyChanges,
  choose,
  defaultOf,
  isFor,
  isProblem,
  limitsOf,
  profileIn,
  profilesFor,
  type Profile,
  type ServerSettings,
} from '../../src/model/profile.ts'

const settings: ServerSettings = {
  cmd: ['jupyterhub-singleuser'],
  args: [],
  environment: { A: '1', B: '1' },
  defaultUrl: '',
  memoryBytes: 1000,
  cpuCores: 0,
  tasks: 0,
}

const choice = (
  name: string,
  more: Partial<Profile['options'][number]['choices'][number]> = {},
) => ({
  name,
  displayName: name.toUpperCase(),
  isDefault: false,
  changes: {},
  ...more,
})

const profile = (slug: string, more: Partial<Profile> = {}): Profile => ({
  slug,
  displayName: slug.toUpperCase(),
  description: '',
  isDefault: false,
  groups: [],
  changes: {},
  options: [],
  ...more,
})

const gpu = {
  name: 'gpu',
  displayName: 'GPU',
  choices: [choice('no'), choice('yes', { isDefault: true })],
}
const profiles = [profile('small'), profile('big', { isDefault: true, options: [gpu] })]

t.test('the last change counts, variables are added, and what is not said stays', async (t) => {
  const changed = applyChanges(settings, [
    { memoryBytes: 2000, environment: { B: '2', C: '2' } },
    { memoryBytes: 0, cpuCores: 1.5, environment: { C: '3' }, args: ['--debug'] },
  ])
  t.same(changed, {
    ...settings,
    args: ['--debug'],
    environment: { A: '1', B: '2', C: '3' },
    memoryBytes: 0,
    cpuCores: 1.5,
  })
  t.same(limitsOf(changed), { cpuCores: 1.5 })
  t.same(limitsOf({ ...settings, tasks: 9 }), { memoryBytes: 1000, tasks: 9 })
})

t.test('a profile of groups is for their members, any other for everybody', async (t) => {
  const all = [profile('everybody'), profile('some', { groups: ['a', 'b'] })]
  t.same(
    [[], ['c'], ['b', 'c']].map((groups) => profilesFor(all, groups).map(({ slug }) => slug)),
    [['everybody'], ['everybody'], ['everybody', 'some']],
  )
  t.notOk(isFor([], ['a']))
})

t.test(
  'where nothing is said, the default is chosen: the marked one, else the first',
  async (t) => {
    t.match(choose(profiles, {}), {
      profile: { slug: 'big' },
      choices: [{ option: { name: 'gpu' }, choice: { name: 'yes' } }],
    })
    t.match(choose(profiles, { profile: 'big', gpu: 'no' }), {
      choices: [{ choice: { name: 'no' } }],
    })
    t.match(choose(profiles, { profile: 'small', gpu: 'whatever' }), { choices: [] })
    t.equal(defaultOf([profile('x'), profile('y')])?.slug, 'x')
    t.equal(defaultOf<Profile>([]), undefined)
    t.equal(profileIn(profiles, {})?.slug, 'big')
    t.equal(profileIn(profiles, { profile: 'none' }), undefined)
  },
)

t.test('what is not there is refused at its field, with what there is', async (t) => {
  const rows: [Record<string, unknown>, string, RegExp][] = [
    [{ profile: 'huge' }, 'profile', /no profile 'huge'; there are: small, big/],
    [{ profile: null }, 'profile', /no profile that, which is no text/],
    [{ profile: '__proto__' }, 'profile', /no profile '__proto__'/],
    [{ profile: ['small'] }, 'profile', /no text/],
    [{ profile: 'big', gpu: 'maybe' }, 'gpu', /gpu cannot be 'maybe'; it can be: no, yes/],
    [{ gpu: 5 }, 'gpu', /gpu cannot be that, which is no text/],
  ]
  for (const [asked, field, message] of rows) {
    const outcome = choose(profiles, asked)
    t.equal(isProblem(outcome), true)
    t.match(outcome, { field, message })
  }
  t.notOk(isProblem(choose(profiles, {})))
})
