/** S-55, S-56 through a whole hub: no spelling of any address shows a stranger a page, an answer of the API, or a server. */
import http from 'node:http'
import t, { type Test } from 'tap'
import { forAnybody, startApi } from '../support/api.ts'
import { startDoor } from '../support/door.ts'
import { startPages } from '../support/pages.ts'

const encoded = (letter: string): string => `%${letter.charCodeAt(0).toString(16)}`
const inside = (path: string, put: string): string => path.replace(/(?<=\/)(?=[^/]*$)/, put)

const spellings: readonly ((path: string) => string)[] = [
  (path) => path,
  (path) => `${path}/`,
  (path) => `${path}//`,
  (path) => `/${path}`,
  (path) => `//${path}`,
  (path) => path.replace(/(?<=.)\//, '//'),
  (path) => path.replaceAll('/', '//'),
  (path) => `/.${path}`,
  (path) => `/x/..${path}`,
  (path) => `/%2e${path}`,
  (path) => `/x/%2e%2e${path}`,
  (path) => `/x/.%2E${path}`,
  (path) => `/hub/login/..${path.replace(/^\/hub/, '')}`,
  (path) => `/hub/static/%2e%2e/..${path}`,
  (path) => inside(path, './'),
  (path) => inside(path, 'x/../'),
  (path) => inside(path, 'x%2f..%2f'),
  (path) => path.replace(/(?<=.)\//g, '%2f'),
  (path) => path.replace(/(?<=.)\//g, '%5c'),
  (path) => path.replace(/(?<=.)\//g, '\\'),
  (path) => path.replace(/[a-z]/, encoded),
  (path) => path.replace(/[a-z](?=[^/]*$)/, encoded),
  (path) => path.replace(/[a-z]/g, encoded),
  (path) => path.replace(/[a-z]/g, (letter) => `%25${letter.charCodeAt(0).toString(16)}`),
  (path) => path.toUpperCase(),
  (path) => path.replace(/[a-z](?=[^/]*$)/, (letter) => letter.toUpperCase()),
  (path) => path.replace(/(?<=.)\//, ';x=y/'),
  (path) => `${path};x`,
  (path) => `${path}%00`,
  (path) => `${path}%20`,
  (path) => `${path}%23`,
  (path) => `${path}.json`,
  (path) => `${path}?next=/hub/login&access=anyone`,
  (path) => `http://localhost${path}`,
] // prettier-ignore

const concrete = (path: string): string =>
  path.replace(/:(?:name|user)\b/, 'ana').replace(':server', 'lab').replace(/:[a-z]\w*/gi, '1').replace('*', 'x') // prettier-ignore

type Asked = { readonly method: string; readonly path: string }

async function guardedRoutes(test: Test): Promise<Asked[]> {
  const { routes: pages } = await startPages(test)
  const { routes: api } = await startApi(test)
  const closed = pages.filter(({ config }) => config?.access !== 'anyone')
  const found = closed.flatMap(({ method, url }) =>
    [method].flat().map((one) => ({ method: one, path: url })),
  )
  return [...found, ...api.filter(({ path }) => !forAnybody.has(path))]
}

const servers: readonly Asked[] = ['/user/ana/', '/user/ana/lab', '/user/ana/api/contents'].map(
  (path) => ({ method: 'GET', path }),
)

t.test('every route in every spelling, for a stranger', async (t) => {
  const routes = await guardedRoutes(t)
  t.ok(routes.length > 40, `${routes.length} routes were found`)
  const door = await startDoor(t, { users: ['ana', 'admin'] })
  await door.startServer('ana')
  const agent = new http.Agent({ keepAlive: true, maxSockets: 8 })
  t.teardown(() => agent.destroy())
  const ask = ({ method, path }: Asked): Promise<{ status: number; text: string }> =>
    new Promise((resolve, reject) => {
      const request = http.request({ port: door.port, method, path, agent }, (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (part: string) => (text += part))
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
      })
      request.on('error', reject).end()
    })

  const before = door.hub.context.store.users.count()
  for (const { method, path } of [...routes, ...servers]) {
    const open = await Promise.all(
      spellings.map(async (spell) => {
        const address = spell(concrete(path))
        const { status, text } = await ask({ method, path: address })
        const isRefused = [302, 400, 401, 403, 404, 405].includes(status)
        return isRefused && !text.includes('server of') ? [] : [`${address} ${status}`]
      }),
    ) // prettier-ignore
    t.same(open.flat(), [], `${method} ${path}`)
  }
  t.equal(door.seenBy('ana'), '', 'no byte reached a server')
  t.equal(door.hub.context.store.users.count(), before)
})
