/** Auth state holds keys to other places: it is seen with its scope only, read of its own user only, and never logged. */
import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import t, { type Test } from 'tap'
import { startApi, type Api } from '../support/api.ts'
import { eventually } from '../support/core.ts'

const canary = 'canary-access-token-at-github'
const cryptKey = randomBytes(32).toString('hex')

async function startWithState(t: Test) {
  const api = await startApi(t, {
    settings: { 'auth.enable_auth_state': 'true' },
    env: { JUPYTERHUB_CRYPT_KEY: cryptKey },
  })
  const [admin, ana] = [api.addUser('admin'), api.addUser('ana')]
  api.context.authStates.keep(ana.id, { access_token: canary })
  return { ...api, admin, ana }
}

/** Whatever could show a user. */
const views = [
  '/hub/api/user',
  '/hub/api/users',
  '/hub/api/users/ana',
  '/hub/api/users/ana?include_stopped_servers',
  '/hub/api/users/ana/tokens',
  '/hub/api/groups',
] as const

async function seenBy(call: Api['nobody']): Promise<string> {
  const answers = await Promise.all(views.map((view) => call('GET', view)))
  return answers.map(({ text }) => text).join('\n')
}

t.test('nobody sees it without admin:auth_state, their own user neither (§9.26)', async (t) => {
  const { as, nobody, inBrowser, admin, ana, logIn, context, withToken, serverOf } =
    await startWithState(t)
  const rows: [string, Api['nobody']][] = [
    ['nobody', nobody],
    ['the user', as(ana)],
    ['the user in a browser', inBrowser(logIn(ana))],
    ['their server', withToken(context.tokens.issueForServer(serverOf(ana)))],
    ['who reads and edits users', as(admin, ['users', 'read:roles', 'servers', 'tokens'])],
    ['who reads it of others', as(admin, ['read:users', 'list:users', 'admin:auth_state!user=admin'])],
  ] // prettier-ignore
  for (const [who, call] of rows) {
    const seen = await seenBy(call)
    t.notMatch(seen, canary, who)
    t.notMatch(seen, /"name":"ana"[^{}]*"auth_state"/, who)
  }
})

t.test(
  'with the scope it is in the answer about one user, and null in lists (§9.26)',
  async (t) => {
    const { as, admin } = await startWithState(t)
    const reader = as(admin, ['list:users', 'admin:auth_state!user=ana'])
    t.same((await reader('GET', '/hub/api/users/ana')).json.auth_state, { access_token: canary })
    const list = await as(admin)('GET', '/hub/api/users')
    for (const user of list.json as { auth_state: unknown }[]) t.equal(user.auth_state, null)
    t.notMatch(list.text, canary)
  },
)

t.test('what is sealed for one user is not opened for another', async (t) => {
  const { as, admin, ana, context, addUser } = await startWithState(t)
  const eve = addUser('eve')
  const { authStates } = context.store
  const sealed = authStates.find(ana.id) ?? ''
  authStates.save(eve.id, sealed)
  const { status, json } = await as(admin)('GET', '/hub/api/users/eve')
  t.equal(status, 200)
  t.equal(json.auth_state, null)
  authStates.save(ana.id, `${sealed.slice(0, -6)}AAAAAA`)
  t.equal((await as(admin)('GET', '/hub/api/users/ana')).json.auth_state, null, 'tampered with')
  authStates.save(ana.id, 'nonsense')
  t.equal((await as(admin)('GET', '/hub/api/users/ana')).json.auth_state, null)
})

t.test('neither it nor its key is in the log, in a file, or with a server', async (t) => {
  const { as, admin, ana, context, lines, dataDir, spawner, serverOf } = await startWithState(t)
  const patch = { auth_state: { access_token: `${canary}-2` } }
  t.equal((await as(admin)('PATCH', '/hub/api/users/ana', patch)).status, 200)
  t.equal((await as(admin)('PATCH', '/hub/api/users/ana', { ...patch, x: 1 })).status, 400)
  context.log.info({ identity: { authState: patch.auth_state } }, 'somebody logs too much')
  context.authStates.renew()
  await context.servers.start(serverOf(ana))
  await eventually(() => spawner.programs().length > 0)
  const environment = JSON.stringify(spawner.programs()[0]?.environment)
  t.match(environment, 'JUPYTERHUB_API_TOKEN')
  const files = readdirSync(dataDir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(path.join(entry.parentPath, entry.name), 'latin1'))
  for (const [where, text] of Object.entries({ log: lines.join(''), files: files.join(''), environment })) {
    t.notOk(text.includes(canary), where)
    t.notOk(text.includes(cryptKey), where)
  } // prettier-ignore
})

t.test('a key that the hub makes itself is for its owner only', async (t) => {
  const { dataDir } = await startApi(t, { settings: { 'auth.enable_auth_state': 'true' } })
  t.equal(statSync(path.join(dataDir, 'auth-state-keys')).mode & 0o777, 0o600)
})
