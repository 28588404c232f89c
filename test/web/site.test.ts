/** What all pages share: where a login leads, and what a new one does to the old. */
import { type FastifyReply } from 'fastify'
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { createOrigins } from '../../src/web/origin.ts'
import { createSite } from '../../src/web/site.ts'
import { temporaryFolder } from '../support/hub.ts'
import { logIn, startPages, wordsOf } from '../support/pages.ts'

t.test('whoever asked for nothing is led to their server, or to a start of it', async (t) => {
  const pages = await startPages(t, { users: ['ana'] })
  const ana = await pages.browser('ana')
  t.equal((await ana.send('/hub/', { stay: true })).headers.location, '/hub/spawn')
  await ana.send('/hub/spawn', { stay: true })
  t.equal((await ana.send('/hub/', { stay: true })).headers.location, '/user/ana/')
})

t.test('a login ends the one this browser had before', async (t) => {
  const pages = await startPages(t, { users: ['ana', 'ben'] })
  const browser = await pages.browser('ana')
  const before = browser.cookies.get('littlehub-session')?.value ?? ''
  const form = await browser.open('/hub/home')
  t.match(form.text, />ana</)
  browser.cookies.delete('_xsrf')
  // The login page leads whoever is logged in elsewhere, so the form is sent by hand.
  const token = /name="_xsrf" value="([^"]+)"/.exec(form.text)?.[1] ?? ''
  const body = `username=ben&password=${encodeURIComponent('quite a long secret of ben')}&_xsrf=${token}`
  t.equal((await browser.send('/hub/login', { method: 'POST', body, stay: true })).status, 302)
  t.match((await browser.open('/hub/home')).text, />ben</)
  const stolen = await pages.browser()
  stolen.cookies.set('littlehub-session', { value: before, path: '/', attributes: '' })
  t.equal((await stolen.send('/hub/home', { stay: true })).status, 302, 'the old one is dead')
})

t.test('nothing but a tab is ever shown a page, whatever its route allows', async (t) => {
  const { context } = await startPages(t)
  const site = createSite({
    ...context,
    origins: createOrigins({ trustedProxies: [], publicUrl: '' }),
  })
  const reply = { request: { headers: { 'sec-fetch-dest': 'iframe' } } }
  t.throws(() => site.show(reply as FastifyReply, 'logout', {}), { code: 'Forbidden' })
})

t.test('a login sets the token of its forms at once', async (t) => {
  const pages = await startPages(t, { users: ['ana'] })
  const ana = await pages.browser()
  await logIn(ana, 'ana')
  const token = ana.cookies.get('_xsrf')?.value
  t.match((await ana.open('/hub/home')).text, `value="${token ?? '?'}"`)
})

t.test('§9.79: where a login leads by itself is configured', async (t) => {
  const placeWith = async (settings: Record<string, string>): Promise<unknown> => {
    const pages = await startPages(t, { users: ['ana'], settings })
    return (await logIn(await pages.browser(), 'ana')).headers.location
  }
  t.equal(await placeWith({ redirect_to_server: 'false' }), '/hub/home')
  t.equal(await placeWith({ default_url: '/services/board/' }), '/services/board/')
  t.equal(await placeWith({}), '/hub/spawn')
})

t.test('own views come before ours, with the same data, and own images beside them', async (t) => {
  const dir = temporaryFolder(t)
  mkdirSync(path.join(dir, 'static'))
  mkdirSync(path.join(dir, 'partials'))
  const view =
    "<% layout('layout', { title: 'Hello' }) %><h1>Hello <%= it.frame.user.name %>, <%= it.servers.length %></h1>"
  writeFileSync(path.join(dir, 'home.eta'), view)
  writeFileSync(path.join(dir, 'static/school.png'), 'an image')
  const logo = path.join(dir, 'logo.png')
  writeFileSync(logo, 'a logo')
  const settings = { views_dir: dir, logo_file: logo }
  const pages = await startPages(t, { users: ['ana'], settings })
  const ana = await pages.browser('ana')
  t.match(wordsOf(await ana.open('/hub/home')), /Log out Hello ana, 1/)
  t.match(wordsOf(await ana.open('/hub/account')), /Your account/, 'the others are ours')
  const image = await ana.open('/hub/static/school.png')
  t.match(image, { text: 'an image', headers: { 'content-type': 'image/png' } })
  t.match(await ana.open('/hub/logo'), { text: 'a logo', headers: { 'content-type': 'image/png' } })
  t.match((await ana.open('/hub/home')).text, /<img src="\/hub\/logo\?v=/)
  t.match((await ana.open('/hub/static/hub.css')).status, 200)
})
