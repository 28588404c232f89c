/** What is answered for a server that did not answer. */
import http, { type IncomingMessage, type ServerResponse } from 'node:http'
import { type AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { answerUpstreamFailure } from '../../src/web/upstream-failure.ts'
import { createBrowser, type Browser } from '../support/browser.ts'
import { startPages, type TestPages } from '../support/pages.ts'

/** A browser in front of a forwarder that fails every time. */
async function failing(t: Test): Promise<{ pages: TestPages; browser: Browser }> {
  const pages = await startPages(t, { users: ['ana'] })
  const { context } = pages
  const user = context.store.users.getByName('ana')
  const server = context.store.servers.findByName(user.id, '')
  if (server) await context.servers.start(server)
  const route = context.routes.list()[0]
  if (!route) throw new Error('no route')
  const onFailure = answerUpstreamFailure(context)
  const listener = http.createServer((request: IncomingMessage, response: ServerResponse) =>
    onFailure(request, response, { route, kind: 'refused', cause: new Error('ECONNREFUSED') }),
  )
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  t.teardown(() => listener.close())
  const { port } = listener.address() as AddressInfo
  return { pages, browser: createBrowser(`http://127.0.0.1:${port}`) }
}

t.test('a server that is alive but silent: try again in a moment', async (t) => {
  const { browser } = await failing(t)
  const page = await browser.send('/user/ana/lab', { stay: true })
  t.match(page, { status: 503, headers: { refresh: '3', 'retry-after': '3' } })
  const json = await browser.send('/user/ana/api/status', {
    headers: { 'sec-fetch-dest': 'empty' },
  })
  t.equal(json.status, 503)
  t.match(JSON.parse(json.text), { status: 503, message: /busy/ })
})

t.test(
  'a server that is gone is noticed; JupyterLab is told, a person is led to its page',
  async (t) => {
    const { pages, browser } = await failing(t)
    pages.spawner.end('ana', 1)
    const json = await browser.send('/user/ana/api/status', {
      headers: { accept: 'application/json' },
    })
    t.equal(json.status, 424)
    t.match(JSON.parse(json.text), {
      message: /no longer running at \/user\/ana\/.*\/hub\/spawn\/ana/,
    })
    const page = await browser.send('/user/ana/lab?reset', { stay: true })
    t.match(page, { status: 303, headers: { location: '/hub/user/ana/lab?reset' } })
    const post = await browser.send('/user/ana/api/kernels', { method: 'POST', body: '' })
    t.equal(post.status, 424)
    t.same(pages.context.routes.list(), [])
  },
)

t.test('a program that was added is neither a server nor a service', async (t) => {
  const pages = await startPages(t)
  const { context } = pages
  context.addedRoutes.add('/wiki', { target: 'http://127.0.0.1:9' })
  const route = context.routes.match('/wiki/')
  if (!route) throw new Error('no route')
  const listener = http.createServer((request, response) =>
    answerUpstreamFailure(context)(request, response, {
      ...{ route, kind: 'refused', cause: new Error('ECONNREFUSED') },
    }),
  )
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  t.teardown(() => listener.close())
  const { port } = listener.address() as AddressInfo
  const page = await createBrowser(`http://127.0.0.1:${port}`).send('/wiki/', { stay: true })
  t.match(page, { status: 503, text: /^The program did not answer/ })
})
