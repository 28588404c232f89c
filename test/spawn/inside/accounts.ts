/** Run in a machine: the unix accounts that the hub makes, and what they may do as rights come and go. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import t, { type Test } from 'tap'
import { type Spawner } from '../../../src/spawn/spawner.ts'
import { systemdSpawner } from '../../../src/spawn/systemd.ts'
import { type SystemdOptions } from '../../../src/spawn/systemd-options.ts'
import { createUnixAccounts, unixName } from '../../../src/spawn/unix-accounts.ts'
import { dataFolder, eventually, never, quietLog, requestFor, sh, stayAwake } from '../support.ts'
import { systemdSettings } from './support.ts'

t.setTimeout(170_000)
stayAwake(t)

const ana = { id: 7, name: 'ana', slug: 'ana', admin: false }
const chief = { id: 9, name: 'chief', slug: 'chief', admin: true }

const output = (...[program = '', ...words]: string[]): string =>
  execFileSync(program, words, { encoding: 'utf8' }).trim()
const groupsOf = (account: string): string[] => output('id', '-nG', account).split(' ')

const spawnerOf = (t: Test, change: Partial<SystemdOptions> = {}): Spawner =>
  systemdSpawner.create(systemdSettings(change), { log: quietLog(), dataDir: dataFolder(t) })

t.test('an account is made once, with a closed home and its groups', async (t) => {
  const settings = systemdSettings({
    groups: ['class'],
    extra_groups: { maths: ['ana', 'bob'], physics: ['bob'] },
  })
  const accounts = createUnixAccounts(settings)
  const [first, second] = await Promise.all([accounts.ensure(ana), accounts.ensure(ana)])
  t.same(first, second)
  t.match(first, { name: 'jupyter-ana', home: '/home/jupyter-ana', shell: '/bin/bash' })
  t.ok(first.uid >= 1000)
  const { mode, uid } = statSync(first.home)
  t.same({ mode: mode & 0o777, uid }, { mode: 0o700, uid: first.uid })
  t.same(groupsOf('jupyter-ana'), ['jupyter-ana', 'class', 'maths'])
  t.match(output('passwd', '-S', 'jupyter-ana'), / L /, 'no password opens it')

  const other = createUnixAccounts({ ...settings, extra_groups: { maths: ['bob'] } })
  await other.ensure(ana)
  t.same(groupsOf('jupyter-ana'), ['jupyter-ana', 'class'], 'who left a group is out of it')
})

t.test('nobody inherits the account of an earlier user of the same name', async (t) => {
  const accounts = createUnixAccounts(systemdSettings())
  await accounts.ensure(ana)
  await t.rejects(accounts.ensure({ ...ana, id: 8 }), {
    message: /^The unix account jupyter-ana and its home folder belong to an earlier user/,
  })
  await accounts.ensure(ana)
})

t.test('a home is put away with its account, and only by the one whose it is', async (t) => {
  const accounts = createUnixAccounts(systemdSettings())
  const gone = { id: 31, name: 'gone', slug: 'gone', admin: false }
  const { home } = await accounts.ensure(gone)
  writeFileSync(`${home}/thesis`, 'years of work')
  const file = `${dataFolder(t)}/gone.tar.gz`
  t.equal(await accounts.archive({ ...gone, id: 32 }, file), false)
  t.ok(existsSync(`${home}/thesis`))
  t.equal(await accounts.archive(gone, file), true)
  t.notOk(existsSync(home))
  t.throws(() => output('id', 'jupyter-gone'))
  t.equal(output('tar', '-xzOf', file, './jupyter-gone/thesis'), 'years of work')
  t.equal(statSync(file).mode & 0o777, 0o600)
  t.equal(await accounts.archive(gone, file), false)
})

t.test('accounts that were there are taken over, but not those of the system', async (t) => {
  output('useradd', '--create-home', 'jupyter-old')
  writeFileSync('/home/jupyter-old/note', 'kept')
  const accounts = createUnixAccounts(systemdSettings())
  const old = { id: 20, name: 'old', slug: 'old', admin: false }
  t.match(await accounts.ensure(old), { home: '/home/jupyter-old' })
  t.equal(readFileSync('/home/jupyter-old/note', 'utf8'), 'kept')
  t.equal(statSync('/home/jupyter-old').mode & 0o007, 0)
  await t.rejects(accounts.ensure({ ...old, id: 21 }), { message: /earlier user/ })

  const unprefixed = createUnixAccounts(systemdSettings({ account_prefix: '' }))
  for (const name of ['root', 'daemon'])
    await t.rejects(unprefixed.ensure({ ...old, name, slug: name }), {
      message: `The unix account ${name} belongs to the system: no server runs as it.`,
    })
})

t.test('a home of somebody else is not used', async (t) => {
  mkdirSync('/home/jupyter-eve')
  const eve = { id: 30, name: 'eve', slug: 'eve', admin: false }
  await t.rejects(createUnixAccounts(systemdSettings()).ensure(eve), {
    message: /^The home folder \/home\/jupyter-eve belongs to another account/,
  })
})

t.test('a long name makes an account as well', async (t) => {
  const slug = `a${'b'.repeat(30)}`
  const { name } = await createUnixAccounts(systemdSettings()).ensure({
    id: 40,
    name: slug,
    slug,
    admin: false,
  })
  t.equal(name, unixName('jupyter-', slug))
})

t.test('who is disabled cannot begin anything as their account, until they are back', async (t) => {
  const accounts = createUnixAccounts(systemdSettings())
  const account = await accounts.ensure(ana)
  const expires = () => output('getent', 'shadow', account.name).split(':')[7]
  t.equal(expires(), '')
  await accounts.adjust(ana, { locked: true })
  t.equal(expires(), '1')
  await accounts.adjust({ ...ana, id: 99 }, { locked: false })
  t.equal(expires(), '1', 'somebody else of this name changes nothing')
  await accounts.ensure(ana)
  t.equal(expires(), '')
})

const becomeRoot = sh('sudo -n id -u; sudo -n touch /etc/was-root && echo wrote; exec sleep 600')
const lastWords = (spawner: Spawner, slug: string) => () =>
  spawner.logTail(slug, 5).then((lines) => lines.length > 0)

t.test('only administrators become root, and only where it is switched on', async (t) => {
  for (const [user, admin_sudo] of [
    [chief, false],
    [{ ...chief, admin: false }, true],
  ] as const) {
    const spawner = spawnerOf(t, { admin_sudo })
    const { state } = await spawner.start(requestFor('chief', { user, command: becomeRoot }))
    t.ok(await eventually(lastWords(spawner, 'chief')))
    t.notMatch((await spawner.logTail('chief', 9)).join(' '), /^0|wrote/)
    await spawner.stop(state, { now: true })
    t.notOk(groupsOf('jupyter-chief').includes('littlehub-admins'))
  }
})

t.test('who is no administrator any more loses root at once, and hears why', async (t) => {
  const spawner = spawnerOf(t, { admin_sudo: true })
  const { state } = await spawner.start(requestFor('chief', { user: chief, command: becomeRoot }))
  const plain = await spawner.start(requestFor('ana', { user: ana, command: sh('exec sleep 600') }))
  t.teardown(() => spawner.stop(plain.state, { now: true }))
  t.ok(await eventually(async () => (await spawner.logTail('chief', 1))[0] === 'wrote'))
  t.ok(groupsOf('jupyter-chief').includes('littlehub-admins'))

  const exited = spawner.exited(state, never)
  await spawner.accountChanged?.({ ...chief, admin: false }, { disabled: false })
  t.match(await exited, { message: /because you are no longer an administrator/ })
  t.same(await spawner.poll(state), { alive: false })
  t.notOk(groupsOf('jupyter-chief').includes('littlehub-admins'))
  t.same(await spawner.poll(plain.state), { alive: true }, 'others go on')

  await spawner.accountChanged?.(ana, { disabled: false })
  t.same(await spawner.poll(plain.state), { alive: true }, 'so does who had no such right')
})
