/** S-03: no route of the API that may change something acts on a cookie without the XSRF token of that very login. */
import t from 'tap'
import { type Route, startApi } from '../support/api.ts'

/** Routes where no cookie counts, so that there is nothing to forge. */
const withoutCookies = new Set(['POST /hub/api/oauth2/token'])

const concrete = (path: string): string =>
  path.replace(':name', 'ana').replace(':server', 'lab').replace(':id', 'a1')

const isChange = ({ method, path }: Route): boolean =>
  !['GET', 'HEAD', 'OPTIONS'].includes(method) && !withoutCookies.has(`${method} ${path}`)

t.test(
  'every changing route refuses a cookie alone, a wrong token and the token of another login',
  async (t) => {
    const api = await startApi(t, { settings: { 'spawner.named_server_limit_per_user': '2' } })
    const admin = api.addUser('admin')
    const ana = api.addUser('ana')
    api.serverOf(ana, 'lab')
    const [session, other] = [api.logIn(admin), api.logIn(admin)]
    const routes = api.routes.filter(isChange)
    t.ok(routes.length > 10, 'the routes were found')
    const state = () =>
      JSON.stringify([
        api.context.store.users.list({ offset: 0, limit: 100 }),
        api.context.store.servers.listOf(ana.id),
        api.context.store.tokens.listOf(ana.id, api.clock.now()),
        api.stops,
      ])
    const before = state()
    const tokens = { none: '', made_up: 'x'.repeat(76), another: api.xsrfOf(other) }
    for (const { method, path } of routes)
      for (const [name, token] of Object.entries(tokens)) {
        const { status, json } = await api.inBrowser(session, token)(method, concrete(path), '{}')
        t.match(
          { status, message: json?.message },
          { status: 403, message: /_xsrf/ },
          `${method} ${path} ${name}`,
        )
      }
    const foreign = [
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { origin: 'https://evil.example' },
      { origin: 'null' },
    ]
    for (const { method, path } of routes)
      for (const headers of foreign) {
        const answer = await api.inBrowser(session)(method, concrete(path), '{}', headers)
        t.match(
          answer,
          { status: 403, json: { message: /_xsrf/ } },
          `${method} ${path} ${JSON.stringify(headers)}`,
        )
      }
    t.equal(state(), before, 'nothing has happened')
  },
)

t.test('the same routes are open to the page that shows the right token', async (t) => {
  const api = await startApi(t)
  const session = api.logIn(api.addUser('admin'))
  const { status } = await api.inBrowser(session)('POST', '/hub/api/users/bob', '{}')
  t.equal(status, 201)
})
