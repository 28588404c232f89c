/** S-03, S-07: nothing changes on the word of a cookie alone, whatever a request says of itself. */
import t, { type Test } from 'tap'
import { type Browser } from '../support/browser.ts'
import { startPages, type TestPages } from '../support/pages.ts'

/** Every route that takes something else than a look, with its parameters filled in. */
function changingRoutes(pages: TestPages): { method: string; path: string }[] {
  const { id } = pages.context.store.users.getByName('ana')
  return pages.routes
    .filter(({ config }) => !config?.changesNothing)
    .flatMap(({ method, url }) => [method].flat().map((each) => ({ method: each, url })))
    .filter(({ method }) => !['GET', 'HEAD', 'OPTIONS'].includes(method))
    .map(({ method, url }) => ({
      method,
      path: url
        .replace(':id', String(id))
        .replace(':user', 'ana')
        .replace('/:server', '/lab2')
        .replace(
          ':secret',
          pages.context.links.reset(pages.context.store.users.getByName('ana')).split('/').at(-1) ??
            '',
        ),
    }))
}

async function start(t: Test): Promise<{ pages: TestPages; admin: Browser }> {
  const pages = await startPages(t, { users: ['admin', 'ana'] })
  const { store } = pages.context
  pages.context.users.setAdmin(store.users.getByName('ana'), false)
  return { pages, admin: await pages.browser('admin') }
}

t.test(
  'every changing route refuses a form without a token, with a wrong one, and with another login’s',
  async (t) => {
    const { pages, admin } = await start(t)
    const other = await pages.browser('admin')
    const stranger = await pages.browser()
    await stranger.open('/hub/login')
    const tokens = {
      none: undefined,
      empty: '',
      wrong: 'x.y',
      'another session’s': other.cookies.get('_xsrf')?.value,
      'a stranger’s': stranger.cookies.get('_xsrf')?.value,
    }
    const routes = changingRoutes(pages)
    t.ok(routes.length >= 20, `${routes.length} routes`)
    for (const { method, path } of routes)
      for (const [whose, token] of Object.entries(tokens)) {
        const body = new URLSearchParams({
          names: 'eve',
          username: 'ana',
          password: 'x',
          ...(token === undefined ? {} : { _xsrf: token }),
        }).toString()
        const page = await admin.send(path, { method, body, stay: true })
        t.equal(
          page.status === 403 || page.status === 404,
          true,
          `${method} ${path} with ${whose}: ${page.status}`,
        )
      }
    t.equal(pages.context.store.users.count(), 2)
    t.same(pages.spawner.requests, [])
    t.equal((await admin.open('/hub/home')).address, '/hub/home', 'still logged in')
  },
)

t.test(
  'the right token passes from our own pages only, and no header stands in for it',
  async (t) => {
    const { pages, admin } = await start(t)
    const token = admin.cookies.get('_xsrf')?.value ?? ''
    const sites = [undefined, 'same-origin', 'none', 'same-site', 'cross-site', 'nonsense']
    const origins = [
      undefined,
      pages.url,
      'null',
      'https://evil.example',
      `${pages.url}.evil.example`,
    ]
    const modes = [undefined, 'navigate', 'no-cors', 'cors']
    for (const site of sites)
      for (const origin of origins)
        for (const mode of modes)
          for (const given of [true, false]) {
            const headers = {
              ...(site && { 'sec-fetch-site': site }),
              ...(origin && { origin }),
              ...(mode && { 'sec-fetch-mode': mode }),
            }
            const body = given ? `_xsrf=${token}` : ''
            const page = await admin.send('/hub/account/sessions', {
              method: 'POST',
              body,
              headers,
              stay: true,
            })
            const isOurs =
              [undefined, 'same-origin', 'none'].includes(site) &&
              [undefined, pages.url].includes(origin)
            const wanted = given && isOurs ? 303 : 403
            if (page.status !== wanted)
              t.fail(`${JSON.stringify({ ...headers, given })}: ${page.status}`)
          }
    t.pass('all combinations')
  },
)
