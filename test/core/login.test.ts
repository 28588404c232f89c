/** Logging in: who fits gets a session, everybody else the same answer. */
import t from 'tap'
import { createLogin } from '../../src/core/login.ts'
import { createKeyedLock } from '../../src/lib/lock.ts'
import { createThrottle } from '../../src/lib/throttle.ts'
import { type PasswordAuthenticator } from '../../src/auth/authenticator.ts'
import { createCore, fillDisk, goodPassword, origin, type Core } from '../support/core.ts'

const github = (subject: string, name: string, admin?: boolean) => ({
  issuer: 'https://github.com',
  subject,
  name,
  ...(admin === undefined ? {} : { admin }),
})

async function withPassword(core: Core, name: string) {
  const user = core.addUser(name)
  await core.context.users.setPassword(user, goodPassword)
  return user
}

const wrong = { code: 'Forbidden', message: 'Invalid username or password' }

// §9.29
t.test('name and password open a session, in any spelling of the name', async (t) => {
  const core = createCore(t)
  const ana = await withPassword(core, 'ana')
  for (const name of ['ana', ' ANA ', 'ａｎａ']) {
    const login = await core.context.login.withPassword(name, goodPassword, origin)
    t.equal(core.asSession(login)?.user.id, ana.id)
  }
  t.match(core.lines.at(-1), /"user":"ana".*logged in/)
})

t.test('a wrong password, an unknown name and an account without one look the same', async (t) => {
  const core = createCore(t)
  const { login, passwords } = core.context
  await withPassword(core, 'ana')
  core.addUser('invited')
  let hashed = 0
  const { verify, verifyDummy } = passwords
  passwords.verify = (...given) => ((hashed += 1), verify(...given))
  passwords.verifyDummy = (...given) => ((hashed += 1), verifyDummy(...given))
  for (const name of ['ana', 'nobody', 'invited'])
    await t.rejects(login.withPassword(name, 'not the password', origin), wrong)
  t.equal(hashed, 3, 'each took the time of one hash')
})

t.test('guessing is slowed down, and the owner elsewhere is not kept out', async (t) => {
  const core = createCore(t)
  const { login } = core.context
  await withPassword(core, 'ana')
  const guess = (): Promise<unknown> =>
    login.withPassword('ana', 'guessed', origin).catch((error: unknown) => error)
  const answers = await Promise.all(Array.from({ length: 10 }, guess))
  t.ok(
    answers.some((error) => (error as { code: string }).code === 'TooMany'),
    'even at once',
  )
  t.match(await guess(), { code: 'TooMany', retryAfterSeconds: Number })
  await t.rejects(login.withPassword('ana', goodPassword, origin), { code: 'TooMany' })
  t.ok(login.listDelays().length > 0, 'administrators see it')
  const elsewhere = { ...origin, address: '198.51.100.9' }
  t.ok(await login.withPassword('ana', goodPassword, elsewhere))
  core.clock.advance(60_000)
  t.ok(await login.withPassword('ana', goodPassword, origin))
})

t.test('who is disabled learns it with the right password only', async (t) => {
  const core = createCore(t)
  const { login, users, store } = core.context
  const ana = await withPassword(core, 'ana')
  await users.setDisabled(ana, true)
  await t.rejects(login.withPassword('ana', 'not it', origin), wrong)
  await t.rejects(login.withPassword('ana', goodPassword, origin), { message: /disabled/ })
  t.equal(store.sessions.listOf(ana.id).length, 0)
})

t.test('a login that was overtaken by a new password opens nothing (security S-27)', async (t) => {
  const core = createCore(t, { settings: { 'password.bcrypt_cost': '5' } })
  const { login, users, store, passwords } = core.context
  const ana = await withPassword(core, 'ana')
  const weaker = '$2b$04$'
  const hash = store.users.findPasswordHash(ana.id) ?? ''
  t.ok(hash.startsWith('$2b$05$'))
  const verify = passwords.verify
  passwords.verify = async (...given) => {
    const fits = await verify(...given)
    passwords.verify = verify
    await users.setPassword(ana, `${goodPassword} and new`)
    return fits
  }
  await t.rejects(login.withPassword('ana', goodPassword, origin), wrong)
  t.equal(store.sessions.listOf(ana.id).length, 0)
  t.ok(await login.withPassword('ana', `${goodPassword} and new`, origin), 'the new one holds')
  t.notOk(store.users.findPasswordHash(ana.id)?.startsWith(weaker))
})

t.test('a hash that became too weak is renewed at login', async (t) => {
  const first = createCore(t)
  const ana = await withPassword(first, 'ana')
  const strict = createCore(t, {
    dataDir: first.dataDir,
    settings: { 'password.bcrypt_cost': '5' },
  })
  await strict.context.login.withPassword('ana', goodPassword, origin)
  t.match(strict.context.store.users.findPasswordHash(ana.id), /^\$2b\$05\$/)
  t.ok(await strict.context.login.withPassword('ana', goodPassword, origin))
})

t.test('a native account that was removed while it logged in is not made anew', async (t) => {
  const core = createCore(t)
  const { login, store, passwords } = core.context
  const ana = await withPassword(core, 'ana')
  const verify = passwords.verify
  passwords.verify = async (...given) => {
    const fits = await verify(...given)
    store.users.remove(ana.id)
    return fits
  }
  await t.rejects(login.withPassword('ana', goodPassword, origin), wrong)
  t.throws(
    () => login.withIdentity({ issuer: 'native', subject: '99', name: 'eve' }, origin),
    wrong,
  )
  t.equal(store.users.count(), 0)
})

t.test('the first login of an identity makes its user, the next ones find them', async (t) => {
  const core = createCore(t)
  const { login, store } = core.context
  const first = login.withIdentity(github('7', 'Ana'), origin)
  const renamed = login.withIdentity(github('7', 'ana-with-a-new-name'), origin)
  t.equal(renamed.user.id, first.user.id)
  t.equal(renamed.user.name, 'ana')
  t.equal(store.users.count(), 1)
})

t.test('many first logins at once make one user', async (t) => {
  const core = createCore(t, { settings: { 'auth.type': 'dummy' } })
  const { login, store } = core.context
  const logins = await Promise.all(
    Array.from({ length: 10 }, (_, turn) =>
      login.withPassword('ana', '', { ...origin, address: `203.0.113.${turn}` }),
    ),
  )
  t.equal(new Set(logins.map(({ user }) => user.id)).size, 1)
  t.equal(store.users.count(), 1)
})

t.test('a refused identity leaves neither user nor link behind', async (t) => {
  const core = createCore(t)
  const { login, store, users } = core.context
  const ben = core.addUser('ben')
  await users.setDisabled(ben, true)
  t.throws(() => login.withIdentity(github('8', 'ben'), origin), { message: /disabled/ })
  t.equal(store.users.findByIdentity('https://github.com', '8'), undefined)
  t.throws(() => login.withIdentity(github('9', 'a/b'), origin), { code: 'InvalidInput' })
  t.equal(store.users.count(), 1)
})

t.test('a full disk at the first login makes nothing half', async (t) => {
  const core = createCore(t)
  const { login, store } = core.context
  const create = store.sessions.create
  let free = (): void => undefined
  store.sessions.create = (session) => {
    free = fillDisk(core)
    create(session)
  }
  t.throws(() => login.withIdentity(github('7', 'ana'), origin), { code: 'Unavailable' })
  free()
  store.sessions.create = create
  t.equal(store.users.count(), 0)
  t.notMatch(core.lines.join(''), /"msg":"logged in"/)
  t.ok(core.asSession(login.withIdentity(github('7', 'ana'), origin)))
})

// §9.100
t.test('rights come with the identity, but the last administrator stays one', async (t) => {
  const core = createCore(t)
  const { login, store } = core.context
  const first = login.withIdentity(github('7', 'ana', true), origin)
  t.equal(first.user.admin, true)
  t.equal(core.asSession(first)?.scopes.has('admin:users'), true)
  const again = login.withIdentity(github('7', 'ana', false), origin)
  t.equal(again.user.admin, true, 'or nobody could ever be one again')
  login.withIdentity(github('8', 'ben', true), origin)
  const last = login.withIdentity(github('7', 'ana', false), origin)
  t.equal(last.user.admin, false)
  t.equal(core.asSession(first), undefined, 'sessions with other rights are over')
  t.ok(core.asSession(last))
  t.equal(store.users.countAdmins(), 1)
})

t.test('a hub without passwords takes none', async (t) => {
  const core = createCore(t)
  const login = createLogin({
    ...core.context,
    authenticator: {
      kind: 'redirect',
      label: 'GitHub',
      begin: () => Promise.reject(new Error('not asked')),
      finish: () => Promise.reject(new Error('not asked')),
    },
    throttle: createThrottle({ clock: core.clock }),
    lock: createKeyedLock(),
  })
  await t.rejects(login.withPassword('ana', goodPassword, origin), { code: 'Forbidden' })
})

t.test('a broken authenticator is no wrong password', async (t) => {
  const core = createCore(t)
  const broken: PasswordAuthenticator = {
    kind: 'password',
    check: () => Promise.reject(new Error('the directory is down')),
  }
  const login = createLogin({
    ...core.context,
    authenticator: broken,
    throttle: createThrottle({ clock: core.clock }),
    lock: createKeyedLock(),
  })
  for (let turn = 0; turn < 9; turn++)
    await t.rejects(login.withPassword('ana', 'x', origin), /directory is down/)
  t.same(login.listDelays(), [])
})

const managing = (core: Core, admins: readonly string[] = []) =>
  createLogin({
    ...core.context,
    throttle: createThrottle({ clock: core.clock }),
    lock: createKeyedLock(),
    config: {
      users: { allowed: [], blocked: [], admin: [] },
      auth: { manage_groups: true, admin_groups: [...admins] },
    },
  })

t.test('groups are what the login says, no more and no fewer, and act at once (§9.129)', async (t) => {
  const core = createCore(t)
  const { groups, roles, store } = core.context
  const login = managing(core)
  groups.createMany(['old', 'kept'])
  roles.declare([{ name: 'tutors', scopes: ['read:hub'], groups: ['uni:tutors'] }], [])
  const first = login.withIdentity({ ...github('7', 'ana'), groups: ['old', 'kept'] }, origin)
  t.equal(core.asSession(first)?.scopes.has('read:hub'), false)
  const second = { ...github('7', 'ana'), groups: ['kept', 'uni', 'uni:tutors'] }
  login.withIdentity(second, origin)
  t.same(store.groups.listNamesOfUser('ana').toSorted(), ['kept', 'uni', 'uni:tutors'])
  t.equal(core.asSession(first)?.scopes.has('read:hub'), true, 'an earlier login as well')
  const group = store.groups.findByName('old')
  if (!group) throw new Error('groups stay')
  groups.addUsers(group, ['ana'])
  t.ok(store.groups.listNamesOfUser('ana').includes('old'), 'edits are still allowed')
  login.withIdentity({ ...github('7', 'ana'), groups: [] }, origin)
  t.same(store.groups.listNamesOfUser('ana'), [])
  t.equal(core.asSession(first)?.scopes.has('read:hub'), false)
}) // prettier-ignore

t.test('a login that should say which groups and does not is none (§9.129)', async (t) => {
  const core = createCore(t)
  const login = managing(core)
  const { user } = login.withIdentity({ ...github('7', 'ana'), groups: ['uni'] }, origin)
  t.throws(() => login.withIdentity(github('7', 'ana'), origin), /came without groups/)
  const impossible = { ...github('7', 'ana'), groups: ['a', ''] }
  t.throws(() => login.withIdentity(impossible, origin), { code: 'InvalidInput' })
  t.same(core.context.store.groups.listNamesOfUser('ana'), ['uni'])
  t.equal(core.context.store.sessions.listOf(user.id).length, 1)
  t.throws(() => login.withIdentity(github('8', 'new'), origin))
  t.equal(core.context.store.users.findByName('new'), undefined, 'nobody is made either')
})

t.test('groups are left alone where they are not what logins say', async (t) => {
  const core = createCore(t)
  const { login, store } = core.context
  login.withIdentity({ ...github('7', 'ana'), groups: ['uni'] }, origin)
  t.same(store.groups.listNamesOfUser('ana'), [])
})

t.test('a group makes administrators, and leaving it unmakes them', async (t) => {
  const core = createCore(t)
  const login = managing(core, ['uni:staff'])
  core.addUser('admin')
  const as = (groups: string[], admin?: boolean) =>
    login.withIdentity({ ...github('7', 'ana', admin), groups }, origin).user.admin
  t.equal(as(['uni']), false)
  t.equal(as(['uni', 'uni:staff']), true)
  t.equal(as(['uni']), false)
  t.equal(as(['uni'], true), true, 'who is named needs no group')
})

t.test(
  'whom the configuration keeps out does not log in, and leaves no account behind',
  async (t) => {
    const { context, addUser } = createCore(t)
    const { login, users, settings, config, store } = context
    const ana = addUser('ana')
    await users.setPassword(ana, goodPassword)
    const lists = (more: Partial<typeof config.users>): void =>
      settings.replace({ ...config, users: { allowed: [], blocked: [], admin: [], ...more } })
    lists({ allowed: ['ben'] })
    await t.rejects(login.withPassword('ana', goodPassword, origin), { code: 'Forbidden' })
    t.throws(() => login.withIdentity({ issuer: 'x', subject: '1', name: 'eve' }, origin), {
      code: 'Forbidden',
      message: /may not use this hub/,
    })
    t.equal(store.users.findByName('eve'), undefined)
    t.ok(login.withIdentity({ issuer: 'x', subject: '2', name: 'root', admin: true }, origin))
    lists({ allowed: ['ana'] })
    t.ok(await login.withPassword('ana', goodPassword, origin))
    lists({ allowed: ['ana'], blocked: ['ana'] })
    await t.rejects(login.withPassword('ana', goodPassword, origin), { code: 'Forbidden' })
  },
)
