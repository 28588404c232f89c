import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t, { type Test } from 'tap'
import { createLog } from '../../src/lib/log.ts'
import { createPasswords } from '../../src/lib/password.ts'
import { openDatabase } from '../../src/store/database.ts'
import { createStore } from '../../src/store/store.ts'
import { littlehub, type Printed, type Typed } from '../support/command-line.ts'

/** A data folder, and the command line on it. */
function start(t: Test, more: Record<string, string> = {}) {
  const dir = t.testdir()
  const environment = { LITTLEHUB_DATA: dir, LITTLEHUB_PASSWORD__BCRYPT_COST: '4', ...more }
  const open = () => {
    const file = path.join(dir, 'littlehub.db')
    const store = createStore(openDatabase(file, { log: createLog({ level: 'silent' }) }))
    t.teardown(() => store.close())
    return store
  }
  const user = (words: string, typed: Typed = {}): Promise<Printed> =>
    littlehub(['user', ...words.split(' ')], { environment, ...typed })
  return { user, open, dir }
}

const password = 'seven green umbrellas'

t.test('a user is added with an invitation link, alone on standard output', async (t) => {
  const { user, open } = start(t)
  const { code, out, err } = await user('add Ana@Example.org')
  t.equal(code, 0)
  t.match(out, /^http:\/\/127\.0\.0\.1:8000\/hub\/invite\/[\w-]{43}$/)
  t.match(err, /User ana@example\.org was added.*14 days/)
  t.match(open().users.getByName('ana@example.org'), { admin: false })
})

t.test('a user is added with a password from standard input', async (t) => {
  const { user, open } = start(t)
  const { code, out } = await user('add ana --admin --password-stdin', { input: `${password}\n` })
  t.equal(code, 0)
  t.equal(out, '', 'there is no link')
  const { users } = open()
  const ana = users.getByName('ana')
  t.equal(ana.admin, true)
  const passwords = createPasswords({ cost: 4, concurrent: 1 })
  t.equal(await passwords.verify(password, users.findPasswordHash(ana.id) ?? ''), true)
})

t.test('a password that breaks the policy adds nobody', async (t) => {
  const { user, open } = start(t)
  for (const input of ['short', 'password123', '', 'x'.repeat(73)]) {
    const { code, err } = await user('add ana --password-stdin', { input })
    t.equal(code, 1)
    t.match(err, /password/i)
  }
  t.equal(open().users.count(), 0)
})

t.test('a name that cannot be, or is taken, is refused with a sentence', async (t) => {
  const { user } = start(t)
  t.match(await user('add a/b'), { code: 1, err: /slash/ })
  await user('add ana')
  t.match(await user('add ANA'), { code: 1, err: /ana already exists/ })
})

t.test('a script gets JSON', async (t) => {
  const { user } = start(t)
  const added = await user('add ana --admin --json')
  t.match(JSON.parse(added.out), { name: 'ana', admin: true, url: /\/hub\/invite\// })
  const listed = await user('list --json')
  t.match(JSON.parse(listed.out), [
    { name: 'ana', admin: true, disabled: false, running: 0, last_activity: null },
  ])
})

t.test('where people log in elsewhere, there is no link to print', async (t) => {
  const { user } = start(t, { LITTLEHUB_AUTH__TYPE: 'dummy' })
  const { code, out, err } = await user('add ana')
  t.match({ code, out }, { code: 0, out: '' })
  t.match(err, /User ana was added\.$/m)
  t.match(await user('reset-password ana'), { code: 1, err: /no passwords of its own.*dummy/ })
})

t.test('everybody is listed by name with their rights', async (t) => {
  const { user } = start(t)
  await user('add zoe')
  await user('add ana --admin')
  const lines = (await user('list')).out.split('\n')
  t.match(lines[0], /^NAME +RIGHTS +RUNNING +LAST SEEN +SINCE$/)
  t.match(lines[1], /^ana +admin +0 +- +\d{4}-/)
  t.match(lines[2], /^zoe +user /)
})

t.test('rights are given and taken, but the last administrator stays one', async (t) => {
  const { user, open } = start(t)
  await user('add ana --admin')
  await user('add bob')
  t.match(await user('set-admin bob'), { code: 0, err: /bob is an administrator now/ })
  t.match(await user('set-admin ana --off'), { code: 0 })
  t.match(await user('set-admin bob --off'), { code: 1, err: /last administrator/ })
  const { users } = open()
  t.equal(users.getByName('bob').admin, true)
  t.equal(users.getByName('ana').admin, false)
})

t.test('a password is reset by link or at once', async (t) => {
  const { user, open } = start(t)
  await user('add ana')
  const { out, err } = await user('reset-password ana')
  t.match(out, /^http:\/\/127\.0\.0\.1:8000\/hub\/reset\/[\w-]{43}$/)
  t.match(err, /24 hours/)
  t.match(JSON.parse((await user('reset-password ana --json')).out), { url: /\/hub\/reset\// })
  t.match(await user('reset-password ana --password-stdin', { input: 'short' }), { code: 1 })
  t.match(await user('reset-password ana --password-stdin', { input: password }), { code: 0 })
  const { users } = open()
  t.ok(users.findPasswordHash(users.getByName('ana').id))
})

t.test('deleting asks first', async (t) => {
  const { user, open } = start(t)
  await user('add ana')
  t.match(await user('delete ana'), { code: 2, err: /needs --yes/ }, 'there is nobody to ask')
  t.match(await user('delete ana', { answer: '' }), { code: 1, err: /Nothing was deleted/ })
  t.ok(open().users.findByName('ana'))
  t.match(await user('delete ana', { answer: 'y' }), { code: 0, err: /ana was deleted/ })
  t.notOk(open().users.findByName('ana'))
  await user('add bob')
  t.match(await user('delete bob --yes'), { code: 0 })
})

t.test('somebody who does not exist is said not to', async (t) => {
  const { user } = start(t)
  for (const words of ['set-admin eve', 'reset-password eve', 'delete eve --yes'])
    t.match(await user(words), { code: 1, err: /eve/ })
})

t.test('the home folder of a deleted user is put away when that is asked for', async (t) => {
  const { user, dir } = start(t)
  for (const name of ['ana', 'ben', 'cleo']) await user(`add ${name}`)
  const homes = path.join(dir, 'homes')
  for (const name of ['ana', 'ben']) {
    mkdirSync(path.join(homes, name), { recursive: true })
    writeFileSync(path.join(homes, name, 'thesis'), 'years of work')
  }
  t.match(await user('delete ben --yes'), { code: 0, out: '' })
  t.ok(existsSync(path.join(homes, 'ben', 'thesis')), 'it stays unless it is asked for')
  const { code, out } = await user('delete ana --yes --archive-home')
  t.equal(code, 0)
  t.match(out, new RegExp(`^${dir}/archives/ana-\\d{8}T\\d{6}\\.tar\\.gz$`))
  t.ok(existsSync(out))
  t.notOk(existsSync(path.join(homes, 'ana')))
  t.match(await user('delete cleo --yes --archive-home'), { code: 0, err: /no home folder/ })
})
