/** Other programs below prefixes of their own, behind the same headers as users' servers. */
import http, { type IncomingMessage } from 'node:http'
import { type AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { createBrowser } from '../support/browser.ts'
import { startHub } from '../support/hub.ts'
import { logIn } from '../support/pages.ts'

async function startProgram(t: Test, answer: http.RequestListener): Promise<string> {
  const server = http.createServer(answer)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const startWith = (t: Test, routes: Readonly<Record<string, string>>) =>
  startHub(t, { users: ['ana'], settings: { extra_routes: JSON.stringify(routes) } })

const bytesOf = async (request: IncomingMessage): Promise<number> => {
  let bytes = 0
  for await (const chunk of request) bytes += (chunk as Buffer).length
  return bytes
}

t.test('a program sees the whole path, and no login of the hub', async (t) => {
  const target = await startProgram(t, ({ url, headers }, response) => {
    response.setHeader('set-cookie', ['littlehub-session=taken; Path=/', 'own=1; Path=/'])
    response.setHeader('clear-site-data', '"*"')
    response.end(JSON.stringify({ url, headers }))
  })
  const { url } = await startWith(t, { '/wiki/': `${target}/deep/` })
  const ana = createBrowser(url)
  await logIn(ana, 'ana')
  const login = ana.cookies.get('littlehub-session')
  const page = await ana.send('/wiki/a%20b/?q=1&q=%2F', {
    headers: { 'x-forwarded-for': '6.6.6.6', te: 'trailers', 'keep-alive': 'timeout=5' },
  })
  t.equal(page.status, 200)
  t.match(JSON.parse(page.text), {
    url: '/deep/wiki/a%20b/?q=1&q=%2F',
    headers: { 'x-forwarded-for': '127.0.0.1', 'x-forwarded-proto': 'http' },
  })
  t.notMatch(page.text, /littlehub|6\.6\.6\.6|trailers/)
  t.same(ana.cookies.get('littlehub-session'), login)
  t.equal(ana.cookies.get('own')?.path, '/wiki/')
  t.equal(page.headers['clear-site-data'], undefined)
})

t.test('keys of the hub stay here, and keys of the program reach it', async (t) => {
  const target = await startProgram(t, ({ headers }, response) => {
    response.end(headers.authorization ?? 'none')
  })
  const { hub, url } = await startWith(t, { '/wiki/': target })
  const user = hub.context.store.users.findByName('ana')
  if (!user) throw new Error('there is no ana')
  const { secret } = hub.context.tokens.issue({ user, note: '' })
  const seen = async (authorization: string): Promise<string> =>
    (await fetch(`${url}/wiki/`, { headers: { authorization } })).text()
  t.equal(await seen(`token ${secret}`), 'none')
  t.equal(await seen(`Bearer ${secret}`), 'none')
  t.equal(await seen('token of-nobody'), 'none')
  t.equal(await seen('Bearer of-the-wiki'), 'Bearer of-the-wiki')
  t.equal(await seen('Basic YTpi'), 'Basic YTpi')
})

t.test('an upload passes however large, asked for first or not', async (t) => {
  const target = await startProgram(t, (request, response) => {
    void bytesOf(request).then((bytes) => response.end(String(bytes)))
  })
  const { url } = await startWith(t, { '/wiki/': target })
  const body = 'x'.repeat(2_000_000)
  for (const type of ['application/json', 'text/csv']) {
    const headers = { 'content-type': type }
    const answer = await fetch(`${url}/wiki/`, { method: 'POST', headers, body })
    t.equal(await answer.text(), '2000000', type)
  }
  const asking = { expect: '100-continue', 'content-length': '3' }
  const status = await new Promise((resolve, reject) => {
    const request = http.request(`${url}/wiki/`, { method: 'PUT', headers: asking }, (response) => {
      response.resume()
      resolve(response.statusCode)
    })
    request.on('continue', () => request.end('abc'))
    request.on('error', reject)
  })
  t.equal(status, 200)
})

t.test('what is not there is told at once, and what has not changed is not sent', async (t) => {
  const seen: unknown[] = []
  const target = await startProgram(t, (request, response) => {
    seen.push(request.url)
    response.writeHead(request.url === '/wiki/old' ? 304 : 503).end()
  })
  const { url } = await startWith(t, { '/wiki/': target, '/gone/': 'http://127.0.0.1:1' })
  t.equal((await fetch(`${url}/gone/`)).status, 503)
  t.equal((await fetch(`${url}/wiki/old`)).status, 304)
  t.equal((await fetch(`${url}/wiki/down`)).status, 503)
  t.same(seen, ['/wiki/old', '/wiki/down'], 'each is asked for once')
  t.equal((await createBrowser(url).open('/wiki/%2e%2e/hub/home')).status, 400)
})

t.test('no script of a program becomes a service worker of the whole site', async (t) => {
  const seen: unknown[] = []
  const target = await startProgram(t, ({ url }, response) => {
    seen.push(url)
    response.setHeader('content-type', 'text/javascript').end()
  })
  const { url } = await startWith(t, { '/wiki/': target, '/deep/er/': target })
  for (const [path, location] of [
    ['/wiki', '/wiki/'],
    ['/%77iki?q', '/%77iki/?q'],
    ['/deep/er', '/deep/er/'],
  ] as const) {
    const answer = await fetch(url + path, { redirect: 'manual' })
    t.match([answer.status, answer.headers.get('location')], [302, location], path)
  }
  t.same(seen, [])
})
