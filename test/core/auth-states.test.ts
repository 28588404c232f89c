/** Auth state is kept encrypted for whom it is of, over restarts and changes of keys (contract §7.6). */
import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { createCore, origin, type Core } from '../support/core.ts'

const on = { settings: { 'auth.enable_auth_state': 'true' } }
const state = { access_token: 'canary', nested: { list: [1, null, 'ü'] } }
const newKey = (): string => randomBytes(32).toString('hex')

const sealedOf = ({ context: { store } }: Core, id: number): string =>
  store.authStates.find(id) ?? ''

t.test('what a login brings is kept until the next one brings something else', async (t) => {
  const core = createCore(t, on)
  const { login, authStates } = core.context
  const ana = { issuer: 'https://github.com', subject: '7', name: 'ana' }
  const { user } = login.withIdentity({ ...ana, authState: state }, origin)
  t.same(authStates.find(user.id), state)
  t.notMatch(sealedOf(core, user.id), /canary/)
  login.withIdentity({ ...ana, authState: { other: true } }, origin)
  t.same(authStates.find(user.id), { other: true })
  login.withIdentity(ana, origin)
  t.equal(authStates.find(user.id), undefined)
})

t.test('a login that is refused leaves what was kept', async (t) => {
  const core = createCore(t, on)
  const { login, authStates, users } = core.context
  const ana = { issuer: 'https://github.com', subject: '7', name: 'ana', authState: state }
  const { user } = login.withIdentity(ana, origin)
  await users.setDisabled(user, true)
  t.throws(() => login.withIdentity({ ...ana, authState: { other: true } }, origin))
  t.same(authStates.find(user.id), state)
})

t.test('where it is off nothing is kept, and what was kept goes with the next login', async (t) => {
  const core = createCore(t)
  const { login, authStates, store } = core.context
  const ana = { issuer: 'https://github.com', subject: '7', name: 'ana', authState: state }
  const { user } = login.withIdentity(ana, origin)
  t.equal(authStates.isOn, false)
  t.equal(authStates.find(user.id), undefined)
  t.equal(store.authStates.find(user.id), undefined)
  const later = await core.restart(on)
  later.context.authStates.keep(user.id, state)
  const off = await later.restart({ settings: {} })
  t.equal(off.context.authStates.find(user.id), undefined)
  off.context.login.withIdentity(ana, origin)
  t.equal(off.context.store.authStates.find(user.id), undefined)
})

t.test('keys are changed without losing anything: the first encrypts, all decrypt (§9.140)', async (t) => {
  const [old, fresh] = [newKey(), newKey()]
  const before = createCore(t, { ...on, env: { JUPYTERHUB_CRYPT_KEY: old } })
  const users = Array.from({ length: 3 }, (_, at) => before.addUser(`user-${at}`))
  for (const { id } of users) before.context.authStates.keep(id, { ...state, id })
  const both = await before.restart({ env: { JUPYTERHUB_CRYPT_KEY: `${fresh};${old}` } })
  for (const { id } of users) t.match(both.context.authStates.find(id), { id })
  both.context.authStates.renew()
  const kept = users.map(({ id }) => sealedOf(both, id))
  both.context.authStates.renew()
  t.same(users.map(({ id }) => sealedOf(both, id)), kept, 'what is renewed stays')
  const after = await both.restart({ env: { JUPYTERHUB_CRYPT_KEY: fresh } })
  for (const { id } of users) t.same(after.context.authStates.find(id), { ...state, id })
}) // prettier-ignore

t.test('more states than one batch are all renewed', async (t) => {
  const [old, fresh] = [newKey(), newKey()]
  const before = createCore(t, { ...on, env: { JUPYTERHUB_CRYPT_KEY: old } })
  const { store, authStates } = before.context
  const ids = store.transaction(() =>
    Array.from({ length: 1001 }, (_, at) => {
      const { id } = before.addUser(`user-${at}`)
      authStates.keep(id, { id })
      return id
    }),
  )
  const both = await before.restart({ env: { JUPYTERHUB_CRYPT_KEY: `${fresh};${old}` } })
  both.context.authStates.renew()
  const after = await both.restart({ env: { JUPYTERHUB_CRYPT_KEY: fresh } })
  t.ok(ids.every((id) => after.context.authStates.find(id)?.['id'] === id))
})

t.test('a new line on top of the key file is the new key', async (t) => {
  const core = createCore(t, on)
  const ana = core.addUser('ana')
  core.context.authStates.keep(ana.id, state)
  const file = path.join(core.dataDir, 'auth-state-keys')
  const [old, fresh] = [readFileSync(file, 'utf8'), newKey()]
  writeFileSync(file, `${fresh}\n${old}`)
  const both = await core.restart()
  both.context.authStates.renew()
  writeFileSync(file, `${fresh}\n`)
  const after = await both.restart()
  t.same(after.context.authStates.find(ana.id), state)
})

t.test('what nobody can read is as if it were not there, and is told once it is asked for (§9.140)', async (t) => {
  const core = createCore(t, { ...on, env: { JUPYTERHUB_CRYPT_KEY: newKey() } })
  const ana = core.addUser('ana')
  core.context.authStates.keep(ana.id, state)
  const other = await core.restart({ env: { JUPYTERHUB_CRYPT_KEY: newKey() } })
  other.context.authStates.renew()
  other.lines.length = 0
  t.equal(other.context.authStates.find(ana.id), undefined)
  t.match(other.lines.join(''), /"level":40.*"userId":1.*auth state cannot be read/)
  other.context.authStates.keep(ana.id, { new: true })
  t.same(other.context.authStates.find(ana.id), { new: true })
}) // prettier-ignore
