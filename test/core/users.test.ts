/** Users: added, changed and removed, with somebody left to look after the hub. */
import t from 'tap'
import { type Spawner } from '../../src/spawn/spawner.ts'
import { createCore, fillDisk, goodPassword, origin, type Core } from '../support/core.ts'

const newer = `${goodPassword} and newer`

async function withPassword(core: Core, name: string) {
  const user = core.addUser(name)
  await core.context.users.setPassword(user, goodPassword)
  return user
}

t.test('many names are added in one go, each with an invitation or a problem', async (t) => {
  const core = createCore(t)
  const { users, store, links } = core.context
  core.addUser('ben')
  const added = users.addMany(['Ana', 'ben', 'a/b', '', 'ana', 'x'.repeat(9999)], { admin: false })
  t.match(added[0], { user: { name: 'ana' }, invitePath: /^\/hub\/invite\// })
  t.same(
    added.slice(1).map((one) => 'problem' in one),
    [true, true, true, true, true],
  )
  t.match(added[1], { name: 'ben', problem: 'User ben already exists' })
  t.ok('name' in added[5]! && added[5].name.length <= 80)
  t.equal(store.users.count(), 2)
  const path = 'invitePath' in added[0]! ? (added[0].invitePath ?? '') : ''
  t.equal(links.look(path.split('/').at(-1) ?? '').userName, 'ana')
  t.throws(() => users.addMany(Array<string>(1001).fill('x'), { admin: false }), {
    code: 'InvalidInput',
  })
})

// §9.22
t.test('a disk that fills up while names are added adds none', async (t) => {
  const core = createCore(t)
  const { users, store } = core.context
  const create = store.links.create
  let free = (): void => undefined
  let count = 0
  store.links.create = (link) => {
    count += 1
    if (count === 3) free = fillDisk(core)
    return create(link)
  }
  t.throws(() => users.addMany(['a1', 'a2', 'a3'], { admin: false }), { code: 'Unavailable' })
  free()
  t.equal(store.users.count(), 0, 'whose links nobody would have seen')
})

t.test('the last administrator stays, however it is tried', async (t) => {
  const core = createCore(t)
  const { users, store } = core.context
  const [one, two] = [core.addUser('admin1'), core.addUser('admin2')]
  const last = { code: 'Conflict', message: /last administrator/ }
  const removed = await Promise.allSettled([users.remove(one), users.remove(two)])
  t.same(
    removed.map(({ status }) => status),
    ['fulfilled', 'rejected'],
  )
  t.throws(() => users.setAdmin(two, false), last)
  await t.rejects(users.setDisabled(two, true), last)
  await t.rejects(users.remove(two), last)
  t.equal(store.users.find(two.id)?.disabled, false)
  const three = core.addUser('admin3')
  const asItWas = { ...three, admin: false }
  users.setAdmin(two, false)
  await t.rejects(users.remove(asItWas), last, 'what the caller knew of them does not count')
  t.throws(() => users.setAdmin(one, false), { code: 'NotFound' })
})

t.test('new rights end the sessions that had the old ones (security S-53)', async (t) => {
  const core = createCore(t)
  const { users } = core.context
  core.addUser('admin')
  const ana = core.addUser('ana')
  const plain = core.logIn(ana)
  users.setAdmin(ana, false)
  t.ok(core.asSession(plain), 'nothing changed')
  users.setAdmin(ana, true)
  t.equal(core.asSession(plain), undefined)
  const mighty = core.logIn(ana)
  t.ok(core.asSession(mighty)?.scopes.has('admin:users'))
  users.setAdmin(ana, false)
  t.equal(core.asSession(mighty), undefined)
})

t.test('their unix account follows when rights change, and when they are removed', async (t) => {
  const core = createCore(t)
  const { users, spawner } = core.context
  const heard: string[] = []
  const accountChanged: Spawner['accountChanged'] = async ({ name, admin }, { disabled }) =>
    void heard.push(`${name} ${admin ? 'admin' : 'plain'} ${disabled ? 'disabled' : 'open'}`)
  Object.assign(spawner, { accountChanged })
  core.addUser('admin')
  const ana = core.addUser('ana')
  users.setAdmin(ana, true)
  users.setAdmin(ana, true)
  users.setAdmin(ana, false)
  await users.setDisabled(ana, true)
  await users.setDisabled(ana, false)
  await users.remove(ana)
  t.same(heard, [
    'ana admin open',
    'ana plain open',
    'ana plain disabled',
    'ana plain open',
    'ana plain disabled',
  ])
})

t.test('a user who is removed leaves nothing running, stored or open', async (t) => {
  const core = createCore(t)
  const { users, servers, store, routes, tokens, login } = core.context
  const ana = await withPassword(core, 'ana')
  const browser = core.logIn(ana)
  const { secret } = tokens.issue({ user: ana, note: '' })
  await servers.start(core.serverOf(ana))
  await servers.start(core.serverOf(ana, 'lab2'))
  const { promise: gate, resolve: open } = Promise.withResolvers<undefined>()
  core.spawner.stopWaitsFor = gate
  const removing = users.remove(ana)
  t.equal(core.asSession(browser), undefined, 'out at once')
  t.equal(core.asToken(secret), undefined)
  await t.rejects(login.withPassword('ana', goodPassword, origin), { message: /disabled/ })
  await t.rejects(servers.start(core.serverOf(ana, 'lab2')), { code: 'Conflict' })
  open(undefined)
  await removing
  t.equal(store.users.find(ana.id), undefined)
  t.same(core.spawner.programs(), [])
  t.same(routes.list(), [])
  t.same(core.spawner.forgotten.toSorted(), ['ana', 'ana.lab2'])
  t.not(core.addUser('ana').id, ana.id, 'the name is free again, the id is not')
})

t.test('a user whose server cannot be stopped stays, disabled', async (t) => {
  const core = createCore(t)
  const { users, servers, store } = core.context
  const ana = core.addUser('ana')
  await servers.start(core.serverOf(ana))
  core.spawner.stopWaitsFor = Promise.reject(new Error('it resists'))
  await t.rejects(users.remove(ana), /it resists/)
  t.equal(store.users.find(ana.id)?.disabled, true)
  core.spawner.stopWaitsFor = undefined
  await users.remove(ana)
  t.equal(store.users.find(ana.id), undefined)
})

t.test('enabling gives back the account, not what was ended', async (t) => {
  const core = createCore(t)
  const { users, login } = core.context
  const ana = await withPassword(core, 'ana')
  const before = core.logIn(ana)
  await users.setDisabled(ana, true)
  await users.setDisabled(ana, false)
  t.equal(core.asSession(before), undefined)
  t.ok(await login.withPassword('ana', goodPassword, origin))
})

t.test('who changes their password is asked for the old one', async (t) => {
  const core = createCore(t)
  const { users, login } = core.context
  const ana = await withPassword(core, 'ana')
  const { session } = core.logIn(ana)
  const change = (oldPassword: string, newPassword: string): Promise<void> =>
    users.changePassword(ana, { oldPassword, newPassword }, session)
  await t.rejects(change('not it', newer), { code: 'Forbidden', message: /old password is wrong/ })
  await t.rejects(change(goodPassword, 'ana'), { code: 'InvalidInput' })
  await change(goodPassword, newer)
  t.ok(await login.withPassword('ana', newer, origin))
  await t.rejects(login.withPassword('ana', goodPassword, origin), { code: 'Forbidden' })
})

t.test('a stolen session does not learn the password by trying', async (t) => {
  const core = createCore(t)
  const { users, store, passwords } = core.context
  const ana = await withPassword(core, 'ana')
  const [stolen, own] = [core.logIn(ana), core.logIn(ana)]
  let looked = 0
  const verify = passwords.verify
  passwords.verify = (...given) => {
    looked += 1
    return verify(...given)
  }
  const guess = (oldPassword: string) =>
    users.changePassword(ana, { oldPassword, newPassword: newer }, stolen.session)
  const guesses = Array.from({ length: 30 }, (_, turn) => guess(`guess ${turn}`))
  const answers = await Promise.allSettled([...guesses, guess(goodPassword)])
  t.ok(answers.every(({ status }) => status === 'rejected'))
  t.equal(looked, 5, 'also when all are tried at once')
  t.equal(core.asSession(stolen), undefined)
  t.ok(core.asSession(own), 'the owner is not put out')
  t.equal(store.sessions.listOf(ana.id).length, 1)
})

t.test('a password change that was overtaken by a reset or a logout changes nothing', async (t) => {
  const core = createCore(t)
  const { users, store, passwords, sessions } = core.context
  const ana = await withPassword(core, 'ana')
  const hash = passwords.hash
  const overtakenBy = async (what: (login: ReturnType<Core['logIn']>) => unknown) => {
    const login = core.logIn(ana)
    passwords.hash = async (password) => {
      passwords.hash = hash
      await what(login)
      return hash(password)
    }
    const passwordsGiven = { oldPassword: goodPassword, newPassword: newer }
    await t.rejects(users.changePassword(ana, passwordsGiven, login.session), { code: 'Conflict' })
  }
  const before = store.users.findPasswordHash(ana.id)
  await overtakenBy(({ session }) => sessions.end(session))
  t.equal(store.users.findPasswordHash(ana.id), before)
  await overtakenBy(() => users.setPassword(ana, `${goodPassword} of the owner`))
  const resetTo = store.users.findPasswordHash(ana.id) ?? ''
  t.ok(await passwords.verify(`${goodPassword} of the owner`, resetTo))
})

t.test('a full disk changes neither password nor sessions', async (t) => {
  const core = createCore(t)
  const { users, login } = core.context
  const ana = await withPassword(core, 'ana')
  const browser = core.logIn(ana)
  const free = fillDisk(core)
  await t.rejects(users.setPassword(ana, newer), { code: 'Unavailable' })
  await t.rejects(users.setDisabled(ana, true), { code: 'Unavailable' })
  free()
  t.ok(core.asSession(browser))
  t.ok(await login.withPassword('ana', goodPassword, origin))
})

t.test(
  'a renamed user keeps whatever is theirs, and nobody else gets it with the old name',
  async (t) => {
    const core = createCore(t)
    const { users, store, tokens } = core.context
    const ana = core.addUser('ana')
    const { secret } = tokens.issue({ user: ana, note: '' })
    const session = core.logIn(ana)
    const renamed = users.rename(ana, ' Zoë ')
    t.match(renamed, { id: ana.id, name: 'zoë', slug: 'ana' })
    t.match(core.asToken(secret), { user: { name: 'zoë' } })
    t.ok(core.asToken(secret)?.scopes.has('access:servers', { user: 'zoë' }))
    t.match(core.asSession(session), { user: { name: 'zoë' } })
    const heir = core.addUser('ana')
    t.not(heir.slug, 'ana', 'folders are called after slugs')
    t.notOk(core.asToken(secret)?.scopes.has('read:users', { user: 'ana' }))
    t.equal(users.rename(renamed, 'ZOË').name, 'zoë', 'the same name is no change')
    for (const bad of ['', 'a/b', '..', 'ana'])
      t.throws(() => users.rename(renamed, bad), { code: 'InvalidInput' }, bad)
    const server = core.serverOf(heir)
    store.servers.update(server.id, { state: 'starting' })
    t.throws(() => users.rename(heir, 'anna'), {
      code: 'InvalidInput',
      message: /Stop the servers/,
    })
    store.servers.update(server.id, { state: 'stopped' })
  },
)
