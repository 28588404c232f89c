/** `/share-codes`: links that let whoever follows them use a server (contract §3.10). */
import t from 'tap'
import { startApi } from '../support/api.ts'

const codes = '/hub/api/share-codes/ana'

t.test('§9.132 a code is shown once, listed without its secret, and revoked', async (t) => {
  const { as, addUser, nobody, context, clock } = await startApi(t)
  const [ana, bob] = [addUser('ana'), addUser('bob')]
  const admin = as(addUser('admin'))
  t.equal((await nobody('POST', `${codes}/`)).status, 403)
  t.equal((await as(bob)('GET', codes)).status, 404)
  const made = await admin('POST', `${codes}/`, { expires_in: 60 })
  t.match(made, {
    status: 200,
    json: {
      id: /^sc_\d+$/,
      scopes: ['access:servers!server=ana/'],
      exchange_count: 0,
      last_exchanged_at: null,
      accept_url: `/hub/accept-share?code=${String(made.json.code)}`,
    },
  })
  const listed = await as(ana)('GET', codes)
  t.match(listed.json, { items: [{ id: made.json.id }], _pagination: { total: 1 } })
  t.notMatch(listed.text, String(made.json.code))
  t.notOk('accept_url' in listed.json.items[0])

  context.shares.acceptCode(bob, String(made.json.code))
  const server = '/hub/api/users/ana/server'
  const scopes = (await as(bob)('GET', '/hub/api/user')).json.scopes as string[]
  t.ok(scopes.includes('access:servers!server=ana/'))
  t.equal((await as(bob)('GET', server)).status, 404, 'opening it is not reading about it')
  t.match((await admin('GET', `${codes}/`)).json.items[0], { exchange_count: 1 })

  clock.advance(61_000)
  t.match((await admin('GET', codes)).json, { items: [] }, 'expired')
})

t.test('§9.132 a code lasts a minute to a year', async (t) => {
  const { as, addUser } = await startApi(t)
  addUser('ana')
  const admin = as(addUser('admin'))
  const make = (body: unknown) => admin('POST', `${codes}/`, body)
  for (const bad of [59, 31_536_001, 0, -1, 60.5, null, 'x'])
    t.equal((await make({ expires_in: bad })).status, 400, String(bad))
  for (const bad of [{ scopes: ['nonsense'] }, { scopes: [] }, { more: 1 }, []])
    t.equal((await make(bad)).status, 400, JSON.stringify(bad))
  t.equal((await make({ expires_in: 31_536_000 })).status, 200)
  const [one, two, three] = [await make({}), await make(undefined), await make({})]
  t.equal((await admin('DELETE', `${codes}/?id=${String(one.json.id)}`)).status, 204)
  t.equal((await admin('DELETE', `${codes}/?id=${String(one.json.id)}`)).status, 404)
  t.equal((await admin('DELETE', `${codes}/?id=nonsense`)).status, 404)
  t.equal((await admin('DELETE', `${codes}/?code=${String(two.json.code)}`)).status, 204)
  t.equal((await admin('DELETE', `${codes}/?code=nonsense`)).status, 404)
  t.ok(three.json.id)
  t.equal((await admin('DELETE', `${codes}/`)).status, 204)
  t.match((await admin('GET', codes)).json, { items: [] })
})
