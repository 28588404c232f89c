/** Addresses of servers that nobody answers. */
import t from 'tap'
import { startPages, wordsOf } from '../../support/pages.ts'

t.test('a person is offered to start it, and comes back to where they were', async (t) => {
  const pages = await startPages(t, { users: ['ana'] })
  const ana = await pages.browser('ana')
  for (const prefix of ['/user/', '/hub/user/']) {
    const page = await ana.open(`${prefix}ana/lab?reset`)
    t.equal(page.status, 424, prefix)
    t.match(wordsOf(page), /Your server is not running/)
    t.match(page.text, 'name="next" value="/user/ana/lab?reset"')
  }
})

// §9.92
t.test('JupyterLab gets 424 and JSON, whatever it asks', async (t) => {
  const pages = await startPages(t, { users: ['ana'] })
  const ana = await pages.browser('ana')
  const asked = [
    ['/user/ana/api/status', {}],
    ['/user/ana/lab', { headers: { accept: 'application/json' } }],
    ['/user/ana/lab', { headers: { 'sec-fetch-dest': 'empty', accept: '*/*' } }],
    ['/user/ana/api/kernels', { method: 'POST', body: '{}' }],
    ['/hub/user/ana/api/contents', { method: 'DELETE' }],
  ] as const
  for (const [path, options] of asked) {
    const page = await ana.send(path, options)
    t.equal(page.status, 424, path)
    t.match(JSON.parse(page.text), {
      status: 424,
      message: /no longer running at \/user\/ana\/.*\/hub\/spawn\/ana$/,
    })
  }
})

t.test('a stranger is asked to log in, a program is told that it is not', async (t) => {
  const pages = await startPages(t, { users: ['ana'] })
  const stranger = await pages.browser()
  const page = await stranger.send('/user/ana/lab?x=1', { stay: true })
  t.match(page, {
    status: 302,
    headers: { location: '/hub/login?next=%2Fuser%2Fana%2Flab%3Fx%3D1' },
  })
  t.equal((await stranger.open('/user/ana/api/status')).status, 401)
  t.equal((await stranger.send('/user/ana/x', { method: 'POST', body: '' })).status, 401)
})

t.test('what one may not use cannot be told from what is not there', async (t) => {
  const pages = await startPages(t, { users: ['ana', 'ben'] })
  const ana = await pages.browser('ana')
  const [others, nobodys] = [await ana.open('/user/ben/lab'), await ana.open('/user/nobody/lab')]
  t.equal(others.status, 404)
  const withoutId = (text: string): string => text.replace(/Request \w+/, '')
  t.equal(withoutId(wordsOf(others)), withoutId(wordsOf(nobodys)))
  t.equal((await ana.open('/user/%ff/lab')).status, 400)
})

t.test('a start under way or failed is shown, and leads back', async (t) => {
  const pages = await startPages(t, { users: ['ana'] })
  const ana = await pages.browser('ana')
  pages.spawner.hold()
  await ana.open('/hub/spawn')
  const page = await ana.send('/user/ana/lab', { stay: true })
  t.match(page, {
    status: 303,
    headers: { location: '/hub/spawn-pending/ana?next=%2Fuser%2Fana%2Flab' },
  })
})

t.test('a server that is ready again is led back to', async (t) => {
  const pages = await startPages(t, { users: ['ana'] })
  const ana = await pages.browser('ana')
  await ana.send('/hub/spawn', { stay: true })
  const page = await ana.send('/hub/user/ana/lab?x=1', { stay: true })
  t.match(page, { status: 302, headers: { location: '/user/ana/lab?x=1' } })
  t.equal((await ana.send('/user/ana/lab', { stay: true })).status, 503, 'and never in a circle')
})

t.test('a user’s address without its slash gets one', async (t) => {
  const pages = await startPages(t, { users: ['ana'] })
  const ana = await pages.browser('ana')
  const page = await ana.send('/user/ana?x=1', { stay: true })
  t.match(page, { status: 301, headers: { location: '/user/ana/?x=1' } })
})

// §9.93
t.test('a link for everybody leads each to their own server', async (t) => {
  const pages = await startPages(t, { users: ['ana'] })
  const ana = await pages.browser('ana')
  const hub = await ana.send('/user-redirect/lab?x=1', { stay: true })
  t.equal(hub.headers.location, '/hub/user-redirect/lab?x=1')
  const page = await ana.send('/hub/user-redirect/lab?x=1', { stay: true })
  t.equal(page.headers.location, '/hub/spawn?next=%2Fuser%2Fana%2Flab%3Fx%3D1')
})
