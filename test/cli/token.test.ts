import t, { type Test } from 'tap'
import { littlehub, type Printed } from '../support/command-line.ts'

function start(t: Test) {
  const environment = { LITTLEHUB_DATA: t.testdir() }
  return (...words: string[]): Promise<Printed> => littlehub(words, { environment })
}

t.test('the secret is alone on standard output, and nowhere afterwards', async (t) => {
  const run = start(t)
  await run('user', 'add', 'ana')
  const { code, out, err } = await run('token', 'add', 'ana', '--note', 'backup script')
  t.match({ code, out, err }, { code: 0, out: /^[\w-]{43}$/, err: '' })
  const listed = await run('token', 'list')
  t.match(listed.out, /^a1 +ana +inherit +never +- +backup script$/m)
  t.notMatch(listed.out, out)
})

t.test('scopes, expiry and JSON', async (t) => {
  const run = start(t)
  await run('user', 'add', 'ana', '--admin')
  const scopes = ['--scope', 'list:users', '--scope', 'read:users']
  const { out } = await run('token', 'add', 'ana', ...scopes, '--expires', '30d', '--json')
  const added = JSON.parse(out) as { expires_at: string; created: string }
  t.match(added, {
    id: 'a1',
    user: 'ana',
    token: /^[\w-]{43}$/,
    scopes: ['list:users', 'read:users'],
  })
  t.equal(Date.parse(added.expires_at) - Date.parse(added.created), 30 * 24 * 3600 * 1000)
  t.match(JSON.parse((await run('token', 'list', 'ana', '--json')).out), [{ id: 'a1' }])
  t.equal((await run('token', 'list', '--json')).out.includes('"token"'), false)
})

t.test('a token cannot be given what its owner has not', async (t) => {
  const run = start(t)
  await run('user', 'add', 'ana')
  const more = await run('token', 'add', 'ana', '--scope', 'admin:users')
  t.match(more, { code: 1, out: '', err: /admin:users/ })
  t.match(await run('token', 'add', 'ana', '--scope', 'fly'), { code: 1, out: '', err: /fly/ })
  t.same(JSON.parse((await run('token', 'list', '--json')).out), [])
})

t.test('an expiry that is none is wrong use', async (t) => {
  const run = start(t)
  await run('user', 'add', 'ana')
  for (const expires of ['soon', '0s', '-1d', '10ms', ''])
    t.match(await run('token', 'add', 'ana', `--expires=${expires}`), { code: 2, err: /30d/ })
})

t.test('a token is revoked by its id', async (t) => {
  const run = start(t)
  await run('user', 'add', 'ana')
  await run('token', 'add', 'ana')
  await run('token', 'add', 'ana')
  t.match(await run('token', 'revoke', 'a1'), { code: 0, err: /a1 of ana was revoked/ })
  t.match(JSON.parse((await run('token', 'list', '--json')).out), [{ id: 'a2' }])
  t.match(await run('token', 'revoke', '2'), { code: 0 })
  t.match(await run('token', 'revoke', 'a2'), { code: 1, err: /no token a2/ })
  t.match(await run('token', 'revoke', 'x2'), { code: 1, err: /looks like a12/ })
})
