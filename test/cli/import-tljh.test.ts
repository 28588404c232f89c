/** `littlehub import tljh` */
import { hashSync } from 'bcrypt'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t, { type Test } from 'tap'
import { littlehub } from '../support/command-line.ts'
import { startHub } from '../support/hub.ts'
import { makeTljh, type Tljh } from '../support/tljh.ts'

const hash = (password: string): string => hashSync(password, 4)

const sample: Tljh = {
  people: { ada: true, ben: false, 'Mary-Ann': false, 'a/b': false },
  groups: { maths: ['ben', 'Mary-Ann'] },
  firstUse: { ada: hash('ada-and-her-password') },
  native: { ben: [hash('ben-and-his-password'), true] },
  config: 'users:\n  admin: [ada, "007"]\nlimits:\n  memory: 2G\nauth:\n  type: native\nextra: 1\n',
}

function setUp(t: Test, tljh: Tljh = sample) {
  const dir = t.testdir()
  const config = path.join(dir, 'config.yaml')
  writeFileSync(config, '# mine\nlog_level: error\n', { mode: 0o600 })
  const environment = { LITTLEHUB_CONFIG: config, LITTLEHUB_DATA: path.join(dir, 'data') }
  const root = makeTljh(dir, tljh)
  const run = (...words: string[]) =>
    littlehub(['import', 'tljh', '--from', root, ...words], { environment })
  const users = async () =>
    JSON.parse((await littlehub(['user', 'list', '--json'], { environment })).out) as unknown
  return { run, users, config, dataDir: path.join(dir, 'data') }
}

t.test('a dry run shows what would come and changes nothing', async (t) => {
  const { run, users, config } = setUp(t)
  const { code, out, err } = await run('--dry-run')
  t.equal(code, 0)
  t.match(out, /^ada +administrator +keeps the password$/m)
  t.match(out, /^mary-ann +maths +needs a link for a password$/m)
  t.match(out, /^a\/b .*cannot contain a slash/m)
  t.match(out, /^Settings: limits\.memory$/m)
  t.match(out, /^Note: `extra` has no counterpart here\.$/m)
  t.match(err, /Nothing was changed/)
  t.notMatch(out, /\$2b\$/, 'no hash is shown')
  t.same(await users(), [])
  t.notMatch(readFileSync(config, 'utf8'), /limits/)
})

t.test('people log in with the passwords they had, and settings keep their comments', async (t) => {
  const { run, users, config, dataDir } = setUp(t)
  const { code, err } = await run('--yes')
  t.equal(code, 0, err)
  t.match(err, /4 people were added.*To go back: /)
  t.match(await users(), [
    { name: '007', admin: true },
    { name: 'ada', admin: true },
    { name: 'ben', admin: false },
    { name: 'mary-ann', admin: false },
  ])
  t.equal(readFileSync(config, 'utf8'), '# mine\nlog_level: error\nlimits:\n  memory: 2G\n')
  const again = await run('--yes')
  t.match(again.err, /0 people were added/)
  const { hub } = await startHub(t, { dataDir })
  const origin = { address: '127.0.0.1', userAgent: 'test' }
  for (const [name, password] of [
    ['ada', 'ada-and-her-password'],
    ['ben', 'ben-and-his-password'],
  ] as const)
    t.match(await hub.context.login.withPassword(name, password, origin), { user: { name } })
})

t.test('without a terminal it wants --yes, and without TLJH it says so', async (t) => {
  const { run, users } = setUp(t)
  const { code, err } = await run()
  t.equal(code, 1)
  t.match(err, /needs --yes/)
  t.same(await users(), [])
  const none = await littlehub(['import', 'tljh', '--from', '/nonexistent'], {
    environment: { LITTLEHUB_CONFIG: '/nonexistent/c.yaml' },
  })
  t.equal(none.code, 1)
  t.match(none.err, /There is no TLJH in \/nonexistent\. Say where it is: --from DIR/)
})
