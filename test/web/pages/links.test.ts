/** One-time links. */
import t from 'tap'
import { passwordOf } from '../../support/hub.ts'
import { logIn, startPages, wordsOf } from '../../support/pages.ts'

t.test('a claim makes the first owner, once', async (t) => {
  const pages = await startPages(t)
  const link = pages.context.links.claim()
  const owner = await pages.browser()
  const form = await owner.open(link)
  t.match(form.headers, { 'referrer-policy': 'strict-origin', 'cache-control': 'no-store' })
  const home = await owner.submit(form, /password/, {
    username: 'Owner',
    password: passwordOf('owner'),
  })
  t.equal(home.address, '/hub/home')
  t.match(wordsOf(home), /This hub is yours/)
  t.equal(pages.context.store.users.getByName('owner').admin, true)
  const late = await (await pages.browser()).open(link)
  t.equal(late.status, 404)
  t.match(wordsOf(late), /used, has expired/)
})

t.test('what has to be corrected is said beside its field, with the name kept', async (t) => {
  const pages = await startPages(t)
  const owner = await pages.browser()
  const form = await owner.open(pages.context.links.claim())
  const easy = await owner.submit(form, /password/, { username: 'owner', password: 'password12' })
  t.equal(easy.status, 400)
  t.match(easy.text, /id="password-says">This password is too easy/)
  t.match(easy.text, /aria-invalid="true" aria-describedby="password-says"/)
  t.match(easy.text, /value="owner"/)
  const name = await owner.submit(easy, /password/, { username: 'a/b', password: passwordOf('x') })
  t.match(name.text, /id="username-says">A user name cannot contain a slash/)
  t.equal(
    (await owner.submit(name, /password/, { username: 'owner', password: passwordOf('x') }))
      .address,
    '/hub/home',
  )
})

t.test('an invitation sets the password, logs in, and starts the server', async (t) => {
  const pages = await startPages(t)
  const link = pages.context.links.invite(pages.context.users.add('ana', { admin: false }))
  const ana = await pages.browser()
  const form = await ana.open(link)
  t.match(wordsOf(form), /Welcome, ana/)
  await ana.submit(form, /password/, { password: passwordOf('ana') })
  t.same(pages.spawner.running, ['ana'])
  t.equal((await logIn(await pages.browser(), 'ana')).status, 302)
})

t.test('a reset logs every other browser out', async (t) => {
  const pages = await startPages(t, { users: ['ana'] })
  const before = await pages.browser('ana')
  const link = pages.context.links.reset(pages.context.store.users.getByName('ana'))
  const ana = await pages.browser()
  await ana.submit(await ana.open(link), /password/, { password: 'four words nobody guesses' })
  t.match((await before.open('/hub/home')).address, /login/)
  t.equal((await ana.open('/hub/home')).address, '/hub/home')
})

t.test('a link works only at the address it was given for', async (t) => {
  const pages = await startPages(t)
  const secret = pages.context.links.claim().split('/').at(-1) ?? ''
  const stranger = await pages.browser()
  for (const path of [`/hub/invite/${secret}`, `/hub/reset/${secret}`, '/hub/claim/nonsense'])
    t.equal((await stranger.open(path)).status, 404, path)
})

t.test('a form of an old browser is shown again', async (t) => {
  const pages = await startPages(t)
  const owner = await pages.browser()
  const link = pages.context.links.claim()
  const page = await owner.send(link, { method: 'POST', body: 'username=owner&password=x' })
  t.equal(page.status, 403)
  t.match(wordsOf(page), /This form has expired/)
})
