/** What somebody chose for a start, as it comes from addresses and forms. */
import t, { type Test } from 'tap'
import {
  isChoice,
  isOfForm,
  optionsInForm,
  optionsInQuery,
  problemOf,
  profileCards,
  profileNameOf,
  rememberedOf,
} from '../../src/web/spawn-choice.ts'
import { createCore } from '../support/core.ts'

const profiles = [
  { slug: 'small', display_name: 'Small', memory: '2G', cpu: '1' },
  {
    slug: 'big',
    display_name: 'Big',
    default: true,
    cpu: '2.5',
    options: {
      gpu: {
        display_name: 'GPU',
        choices: { no: { display_name: 'None' }, yes: { display_name: 'One' } },
      },
    },
  },
  { slug: 'staff', display_name: 'Staff', groups: ['staff'] },
]

function start(t: Test, given: readonly unknown[] = profiles) {
  const core = createCore(t, { settings: { profiles: JSON.stringify(given) } })
  const server = core.serverOf(core.addUser('ana'))
  const { context: needs } = core
  const withOptions = (options: Record<string, unknown>) =>
    core.context.store.servers.update(server.id, { options })
  const query = (text: string) => optionsInQuery(needs, new URLSearchParams(text))
  const form = (text: string) => optionsInForm(needs, server, new URLSearchParams(text))
  return { core, server, needs, query, form, withOptions }
}

t.test('options by URL: with a key that begins with opt- only those count (§9.75)', async (t) => {
  const { query } = start(t)
  t.same(query('profile=big&gpu=yes&next=/x&display_name=y'), { profile: 'big', gpu: 'yes' })
  t.same(query('opt-profile=big&gpu=yes&opt-next=z'), { profile: 'big', next: 'z' })
  t.same(query('gpu=yes&gpu=no'), { gpu: ['yes', 'no'] })
  t.equal(query('next=/x&display_name=y'), undefined)
  t.throws(() => query('opt-=x'), { code: 'Unprocessable', status: 422 })
  const plain = start(t, [])
  t.same(plain.query('opt-energy=abc&energy=x'), { energy: ['abc'] }, 'lists, as JupyterHub keeps')
  t.same(plain.form('_xsrf=t&next=/x&energy=x'), { energy: ['x'] })
  t.equal(plain.form('_xsrf=t&next=/x'), undefined)
})

t.test('as many options as a request can hold are read in one go', async (t) => {
  const plain = start(t, [])
  const keys = Array.from({ length: 150_000 }, (_, index) => index.toString(36))
  const options = plain.form(keys.map((key) => `x${key}`).join('&'))
  t.equal(Object.keys(options ?? {}).length, keys.length)
  t.same(
    plain.query('__proto__=a&constructor=b'),
    JSON.parse('{"__proto__":["a"],"constructor":["b"]}'),
  )
})

t.test('of a form only the fields of the chosen profile count', async (t) => {
  const { form } = start(t)
  t.same(form('profile=big&big.gpu=yes&small.gpu=x&_xsrf=t'), { profile: 'big', gpu: 'yes' })
  t.same(form('profile=big&gpu=yes'), { profile: 'big', gpu: 'yes' })
  t.same(form('profile=small&big.gpu=yes'), { profile: 'small' })
  t.same(form('profile=none'), { profile: 'none' })
  t.equal(form('big.gpu=yes'), undefined)
})

t.test('a person is told of what is not there, at its field (S-17)', async (t) => {
  const { needs, server } = start(t)
  const rows: [Record<string, unknown>, string][] = [
    [{ profile: 'staff' }, 'profile'],
    [{ profile: 'big', gpu: 'maybe' }, 'gpu'],
    [{ profile: 'small', gpu: 'yes' }, 'form'],
    [{ profile: 'big', image: 'evil' }, 'form'],
  ]
  for (const [asked, field] of rows) t.match(problemOf(needs, server, asked), { field })
  t.equal(problemOf(needs, server, { profile: 'big', gpu: 'no' }), undefined)
  const all = needs.spawnOptions.profilesFor({ name: 'ana' })
  t.equal(isOfForm({ field: 'gpu', message: '' }, all), false)
  t.equal(isOfForm({ field: 'profile', message: '' }, all), true)
})

t.test('what is remembered is what was chosen and still can be', async (t) => {
  const { needs, withOptions } = start(t)
  t.same(rememberedOf(needs, withOptions({ profile: 'big', gpu: 'yes', i: 5 })), {
    profile: 'big',
    gpu: 'yes',
  })
  for (const options of [{}, { i: 5 }, { profile: 'staff' }, { profile: 'big', gpu: 'gone' }])
    t.equal(rememberedOf(needs, withOptions(options)), undefined)
  t.equal(profileNameOf(needs, withOptions({ profile: 'small' })), 'Small')
  t.equal(profileNameOf(needs, withOptions({})), undefined)
  t.equal(profileNameOf(needs, { ...withOptions({}), state: 'ready' }), 'Big')
})

t.test('one profile without options is no choice', async (t) => {
  const { needs, server } = start(t, profiles.slice(0, 1))
  t.equal(isChoice(needs, server), false)
  const two = start(t)
  t.equal(isChoice(two.needs, two.server), true)
})

t.test('cards show what a profile comes to, and what was chosen', async (t) => {
  const { needs, server, withOptions } = start(t)
  const asked = undefined
  const problem = undefined
  t.match(profileCards(needs, server, { asked, problem }), [
    { slug: 'small', facts: '2 GB of memory, 1 core', selected: false },
    { slug: 'big', facts: '2.5 cores', selected: true },
  ])
  const remembered = withOptions({ profile: 'big', gpu: 'yes' })
  t.match(profileCards(needs, remembered, { asked, problem })[1]?.options, [
    { field: 'big.gpu', choices: [{ selected: false }, { selected: true }] },
  ])
  const bad = { asked: { profile: 'big', gpu: 'x' }, problem: { field: 'gpu', message: 'No.' } }
  t.match(profileCards(needs, remembered, bad)[1]?.options, [
    { problem: 'No.', choices: [{ selected: true }, {}] },
  ])
})
