/** S-30: what goes wrong inside is told by an id only; the log knows the rest. */
import t from 'tap'
import { startApi } from '../support/api.ts'

t.test('an unexpected error shows its request’s id and nothing else', async (t) => {
  const api = await startApi(t)
  const call = api.as(api.addUser('admin'))
  await call('GET', '/hub/api/user')
  const broken = new Error('SECRET /srv/hub/littlehub.db: table users is upset')
  const { users } = api.context.store
  Object.assign(users, {
    list: () => {
      throw broken
    },
  })
  const { status, text, json } = await call('GET', '/hub/api/users')
  t.equal(status, 500)
  t.match(json, { status: 500, message: /^Something went wrong \(request [0-9a-f]{8}\)$/ })
  t.notMatch(text, /SECRET|littlehub|stack|node:|\.ts/)
  const id = /request ([0-9a-f]{8})/.exec(text)?.[1] ?? 'none'
  t.ok(
    api.lines.some((line) => line.includes(id) && line.includes('table users is upset')),
    'the log has both',
  )
})

t.test('a refusal does not repeat what was sent', async (t) => {
  const api = await startApi(t)
  const call = api.as(api.addUser('admin'))
  const sent = 'hunter2-hunter2'
  const answers = [
    await call('POST', '/hub/api/users', `{"usernames": "${sent}`),
    await call('POST', '/hub/api/users', { usernames: { password: sent } }),
    await call('POST', '/hub/api/users/admin/tokens', { note: { password: sent } }),
    await call('POST', '/hub/api/users', 'x'.repeat(1024 ** 2 + 1)),
  ]
  t.same(
    answers.map(({ status }) => status),
    [400, 400, 400, 413],
  )
  for (const { text } of answers) {
    t.notMatch(text, new RegExp(sent))
    t.notMatch(text, /stack|node:|\.ts/)
  }
  t.notOk(api.lines.some((line) => line.includes(sent)))
})
