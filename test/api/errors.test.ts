/** Errors as JSON (contract §0.4, §0.6, §9.2). */
import http from 'node:http'
import { once } from 'node:events'
import t from 'tap'
import { startApi } from '../support/api.ts'

t.test('a body that is no JSON is refused, one that is no text as well', async (t) => {
  const { as, addUser, origin, context } = await startApi(t)
  const user = addUser('admin')
  const admin = as(user)
  for (const body of ['{', ' ', 'x', '{"a":1}}'])
    t.match(await admin('POST', '/hub/api/users', body), {
      status: 400,
      json: { status: 400, message: 'Invalid JSON in body of request' },
    })
  const { secret } = context.tokens.issue({ user, note: '' })
  const headers = { authorization: `token ${secret}`, 'content-length': 2 }
  const request = http.request(`${origin}/hub/api/users`, { method: 'POST', headers })
  request.end(Buffer.from([0xff, 0xfe]))
  const [response] = (await once(request, 'response')) as [http.IncomingMessage]
  response.resume()
  t.equal(response.statusCode, 400)
})

t.test('no body, an empty one and null are the same, whatever the content type', async (t) => {
  const { as, addUser } = await startApi(t)
  const admin = as(addUser('admin'))
  addUser('ana')
  const types = [
    'application/json',
    'application/octet-stream',
    'application/x-www-form-urlencoded',
  ]
  for (const type of types)
    for (const body of [undefined, '', 'null']) {
      const headers = { 'content-type': type }
      t.equal((await admin('POST', '/hub/api/users/ana/tokens', body, headers)).status, 201, type)
      t.equal((await admin('DELETE', '/hub/api/users/ana/server', body, headers)).status, 204, type)
    }
})

t.test('a body that is too large is refused before it is read; lists may be long', async (t) => {
  const { as, addUser } = await startApi(t)
  const [admin, ana] = [as(addUser('admin')), as(addUser('ana'))]
  const refusal = { status: 413, json: { status: 413, message: String } }
  t.match(await admin('POST', '/hub/api/users', 'x'.repeat(1024 ** 2 + 1)), refusal)
  t.match(await ana('POST', '/hub/api/users/ana/tokens', 'x'.repeat(64 * 1024 + 1)), refusal)
  const room = ' '.repeat(500_000)
  for (const [method, path, body, status] of [
    ['POST', 'users', { usernames: ['ben', 'carl'] }, 201],
    ['PATCH', 'users/ben', { admin: true }, 200],
    ['POST', 'groups', { groups: ['one'] }, 201],
    ['POST', 'groups/two', { users: ['ben'] }, 201],
    ['POST', 'groups/two/users', { users: ['carl'] }, 200],
    ['DELETE', 'groups/two/users', { users: ['carl'] }, 200],
    ['PUT', 'groups/two/properties', { a: 1 }, 200],
  ] as const)
    t.match(await admin(method, `/hub/api/${path}`, JSON.stringify(body) + room), { status }, path)
})

t.test('a content type that is no content type does no harm', async (t) => {
  const { as, addUser } = await startApi(t)
  const ana = as(addUser('ana'))
  const body = { last_activity: '2026-01-31T11:00:00Z' }
  for (const type of ['x', ';', 'application/', 'text/plain; charset'])
    t.ok(
      [200, 400, 415].includes(
        (await ana('POST', '/hub/api/users/ana/activity', body, { 'content-type': type })).status,
      ),
      type,
    )
})
