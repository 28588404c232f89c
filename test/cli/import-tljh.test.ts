/** `littlehub import tljh` */
import { hashSync } from 'bcrypt'
import { execFileSync } from 'node:child_process'
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
  return { run, users, config, root, dataDir: path.join(dir, 'data') }
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

const secretOf = (digit: string): string => digit.repeat(32)

const withTokens: Tljh = {
  ...sample,
  tokens: [
    ['ada', secretOf('a'), 'grades', true],
    ['Mary-Ann', secretOf('b'), 'backup', true],
    ['ben', secretOf('c'), 'Server at /user/ben/', true],
    ['ben', 'a secret that ben chose', 'script', false],
    ['a/b', secretOf('d'), 'of nobody who comes', true],
  ],
}

t.test('tokens that JupyterHub made go on, as what their owners may do', async (t) => {
  const { run, dataDir } = setUp(t, withTokens)
  const shown = await run('--dry-run')
  t.match(shown.out, /^Tokens: 2$/m)
  t.match(
    shown.out,
    /^Note: a token of ben \(a se…, script\) does not come along, since its secret/m,
  )
  t.match(JSON.parse((await run('--dry-run', '--json')).out), { tokens: 2 })
  await run('--yes')
  await run('--yes')
  const { url, hub } = await startHub(t, { dataDir })
  const nameBehind = async (secret: string): Promise<unknown> => {
    const headers = { authorization: `token ${secret}` }
    const answer = await fetch(`${url}/hub/api/user`, { headers })
    return answer.ok ? ((await answer.json()) as { name: string }).name : answer.status
  }
  t.equal(await nameBehind(secretOf('a')), 'ada')
  t.equal(await nameBehind(secretOf('b')), 'mary-ann')
  for (const secret of [secretOf('c'), 'a secret that ben chose', secretOf('d'), secretOf('e')])
    t.equal(await nameBehind(secret), 403)
  t.equal(await nameBehind(`${secretOf('a').slice(0, -1)}b`), 403, 'one that begins as it does')
  const ada = hub.context.store.users.getByName('ada')
  const [token] = hub.context.store.tokens.listOf(ada.id, new Date())
  t.match(token, { note: 'grades' })
  if (token) hub.context.tokens.revoke(token)
  t.equal(await nameBehind(secretOf('a')), 403, 'and can be taken back here')
})

t.test('going back is possible: nothing of TLJH is other than it was', async (t) => {
  const { run, root } = setUp(t, withTokens)
  const files = () =>
    execFileSync('sh', [
      '-c',
      `cd '${root}' && find . -printf '%p %y %m %u %T@\n' -type f -exec sha256sum {} + | sort`,
    ]).toString()
  const before = files()
  await run('--dry-run')
  await run('--yes')
  t.equal(files(), before)
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
