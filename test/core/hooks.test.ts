/** Hooks: a module of the administrator's own, before a start and after a stop. */
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import t, { type Test } from 'tap'
import { createHooks, HookRefusal, loadHooks, type HookModule } from '../../src/core/hooks.ts'
import { createLog } from '../../src/lib/log.ts'
import { type Profile } from '../../src/model/profile.ts'
import { type Server } from '../../src/model/server.ts'
import { type User } from '../../src/model/user.ts'

function fileOf(t: Test, source: string, name = 'my-hooks.js'): string {
  const file = path.join(t.testdir(), name)
  writeFileSync(file, source)
  return file
}

const user = { id: 1, name: 'ana', admin: false } as User
const server = {
  id: 3,
  userId: 1,
  userName: 'ana',
  name: 'lab',
  displayName: undefined,
  options: { profile: 'small' },
} as unknown as Server

function hooksOf(module: HookModule, timeoutMs = 5000) {
  const lines: string[] = []
  const log = createLog({ level: 'debug' }, { write: (line) => void lines.push(line) })
  const groupsOf = () => ['staff']
  const hooks = createHooks({
    ...{ module, timeoutMs, groupsOf, findUser: () => user, log },
    authStateOf: (userId) => ({ access_token: `of ${userId}` }),
    spawnOptions: { profileOf: (_, { profile }) => ({ slug: profile }) as Profile },
  })
  const { signal } = new AbortController()
  const begin = (more = {}) =>
    hooks
      .preSpawn({ server, user, environment: { A: '1' }, signal, ...more })
      .catch((e: unknown) => e)
  return { hooks, begin, lines }
}

t.test('a module with one of the hooks or both is taken', async (t) => {
  for (const source of [
    'export function preSpawn() {}',
    'export const postStop = async () => {}; export const helper = 1',
  ])
    t.ok(await loadHooks(fileOf(t, source, `${source.length}.mjs`)))
  const common = await loadHooks(fileOf(t, 'exports.preSpawn = () => 1', 'common.cjs'))
  t.type(common.preSpawn, 'function')
})

t.test('any other is refused with its name and what is wrong with it', async (t) => {
  const rows: [string, RegExp][] = [
    ['export const x = 1', /it exports neither preSpawn nor postStop/],
    ['export const preSpawn = 1', /its preSpawn is not a function/],
    ['export function preSpwan() {}', /exports preSpwan; did you mean `preSpawn`/],
    ['export function (', /cannot be loaded: SyntaxError/],
    ["import './gone.mjs'\nexport function preSpawn() {}", /cannot be loaded: Cannot find module/],
    ["throw new TypeError('at once')", /cannot be loaded: TypeError: at once/],
  ]
  for (const [index, [source, sentence]] of rows.entries()) {
    const file = fileOf(t, source, `${index}.mjs`)
    const refused = await loadHooks(file).catch((e: unknown) => e)
    t.match(refused, { name: 'ConfigError', problems: [{ source: file, key: 'hooks', sentence }] })
  }
  t.match(await loadHooks('/nowhere/hooks.js').catch((e: unknown) => e), {
    message: /^\/nowhere\/hooks\.js: hooks: cannot be loaded: Cannot find module/,
  })
})

t.test('preSpawn is told who starts what, and may add to the environment', async (t) => {
  const seen: unknown[] = []
  const { begin } = hooksOf({
    preSpawn(info) {
      seen.push(structuredClone(info))
      Object.assign(info.environment, { HIDDEN: 'x' })
      return Promise.resolve({ environment: { B: '2' } })
    },
  })
  const environment = { A: '1' }
  t.same(await begin({ environment }), { B: '2' })
  t.same(environment, { A: '1' }, 'what it is given is a copy')
  t.same(seen, [
    {
      user: { name: 'ana', admin: false },
      groups: ['staff'],
      server: { name: 'lab', displayName: 'lab' },
      options: { profile: 'small' },
      profile: 'small',
      authState: { access_token: 'of 1' },
      environment: { A: '1' },
    },
  ])
  t.same(await hooksOf({ preSpawn: () => undefined }).begin(), {})
  t.same(await hooksOf({}).begin(), {})
})

// §9.91
t.test(
  'a sentence that it throws is for the person, a fault of its own is not (§9.49)',
  async (t) => {
    const throwing = (thrown: unknown) =>
      hooksOf({
        preSpawn() {
          throw thrown
        },
      }).begin()
    t.match(await throwing(new Error('The exam has not begun.')), {
      name: 'HookRefusal',
      message: 'The exam has not begun.',
      status: 500,
    })
    t.match(await throwing('Not today.'), { name: 'HookRefusal', message: 'Not today.' })
    t.match(await throwing(Object.assign(new Error('Teapot'), { status: 418 })), { status: 418 })
    t.match(await throwing(Object.assign(new Error('x'), { status: 200 })), { status: 500 })
    const faults = [new TypeError('x is undefined'), Object.assign(new Error('y'), { code: 'EIO' })]
    for (const fault of faults) t.equal(await throwing(fault), fault)
    t.notOk((await throwing(new Error(''))) instanceof HookRefusal)
  },
)

t.test('an answer of another form is a fault, and nothing of it is used', async (t) => {
  const rows: [unknown, RegExp][] = [
    ['text', /returned a string/],
    [{ limits: {} }, /returned 'limits'; only 'environment'/],
    [{ environment: 'A=1' }, /no object/],
    [{ environment: { A: 1 } }, /no text for the variable A/],
    [{ environment: { 'A=B': '1' } }, /no text for the variable A=B/],
    [{ environment: { A: 'x\0y' } }, /no text for the variable A/],
  ]
  for (const [answer, message] of rows)
    t.match(await hooksOf({ preSpawn: () => answer }).begin(), { name: 'Error', message })
})

t.test('a hook that hangs ends with its time, or with the start', async (t) => {
  const hanging = { preSpawn: () => new Promise(() => undefined) }
  t.match(await hooksOf(hanging, 20).begin(), { code: 'Timeout', message: /longer than 0\.02 sec/ })
  const controller = new AbortController()
  const { begin } = hooksOf(hanging)
  const begun = begin({ signal: controller.signal })
  controller.abort(new Error('cancelled'))
  t.match(await begun, { message: 'cancelled' })
})

t.test('what goes wrong after a stop is logged, and nothing else', async (t) => {
  for (const postStop of [
    () => Promise.reject(new Error('no archive today')),
    () => new Promise(() => undefined),
  ]) {
    const { hooks, lines } = hooksOf({ postStop }, 20)
    await hooks.postStop(server)
    t.match(lines.join(''), /the hook postStop/)
    t.match(lines.join(''), /ana:lab/)
  }
  let told: unknown
  await hooksOf({ postStop: (info) => (told = info) }).hooks.postStop(server)
  t.match(told, { user: { name: 'ana' }, server: { name: 'lab' }, environment: {} })
})
