/** All pages together. */
import t from 'tap'
import { startPages } from '../../support/pages.ts'

t.test('every page route says who may see it', async (t) => {
  const { routes } = await startPages(t)
  t.ok(routes.length > 40)
  for (const { url, method, config } of routes) t.ok(config?.access, `${String(method)} ${url}`)
})

t.test('every answer tells clients which JupyterHub it is compatible with', async (t) => {
  const pages = await startPages(t)
  const stranger = await pages.browser()
  for (const path of ['/hub/health', '/hub/login', '/hub/nope', '/user/ana/api/x'])
    t.match((await stranger.open(path)).headers['x-jupyterhub-version'], /^\d+\.\d+\.\d+$/, path)
})

t.test('a page is never kept by a browser or a proxy', async (t) => {
  const pages = await startPages(t, { users: ['ana'] })
  const ana = await pages.browser('ana')
  for (const path of ['/hub/home', '/hub/login', '/hub/account', '/hub/nope', '/user/ana/'])
    t.equal((await ana.send(path, { stay: true })).headers['cache-control'], 'no-store', path)
})
