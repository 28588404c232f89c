/** The login page. */
import t from 'tap'
import { formsOf } from '../../support/browser.ts'
import { passwordOf } from '../../support/hub.ts'
import { logIn, startPages, wordsOf } from '../../support/pages.ts'

t.test('a right password leads to where one wanted to go, by exactly a 302', async (t) => {
  const pages = await startPages(t, { users: ['ana'] })
  const ana = await pages.browser()
  const page = await ana.open('/hub/home')
  t.equal(page.address, '/hub/login?next=%2Fhub%2Fhome')
  t.ok(ana.cookies.has('_xsrf'))
  const [form] = formsOf(page)
  t.same(Object.keys(form?.fields ?? {}).sort(), ['_xsrf', 'password', 'username'])
  const body = new URLSearchParams({
    ...form?.fields,
    username: ' Ana ',
    password: passwordOf('ana'),
  })
  const answer = await ana.send(form?.action ?? '', {
    method: 'POST',
    body: body.toString(),
    stay: true,
  })
  t.match(answer, { status: 302, headers: { location: '/hub/home' } })
  t.equal(
    (await ana.send('/hub/login?next=/hub/account', { stay: true })).headers.location,
    '/hub/account',
  )
})

// §9.80
t.test('a wrong password: the same page with a sentence, and the name kept', async (t) => {
  const pages = await startPages(t, { users: ['ana'] })
  const ana = await pages.browser()
  const page = await ana.submit(await ana.open('/hub/login'), /username/, {
    username: 'ana',
    password: 'wrong',
  })
  t.equal(page.status, 403)
  t.match(wordsOf(page), 'Invalid username or password')
  t.match(page.text, /name="username"[^>]* value="ana"/)
  t.notMatch(page.text, 'wrong')
  t.notOk(ana.cookies.has('littlehub-session'))
  const unknown = await ana.submit(page, /username/, { username: 'nobody', password: 'wrong' })
  t.match(wordsOf(unknown), 'Invalid username or password')
})

// §9.80 §9.144
t.test('a form that is too old is shown again, ready to be sent', async (t) => {
  const pages = await startPages(t, { users: ['ana'] })
  const ana = await pages.browser()
  const page = await ana.send('/hub/login', { method: 'POST', body: 'username=ana&password=x' })
  t.equal(page.status, 403)
  t.match(wordsOf(page), 'Login form invalid or expired. Try again.')
  t.equal((await logIn(ana, 'ana')).status, 302)
})

t.test('who guesses has to wait, and is told how long', async (t) => {
  const pages = await startPages(t, { users: ['ana'] })
  const ana = await pages.browser()
  let page = await ana.open('/hub/login')
  for (let attempt = 0; attempt < 6 && page.status !== 429; attempt++)
    page = await ana.submit(page, /username/, { username: 'ana', password: 'wrong' })
  t.equal(page.status, 429)
  t.match(page.headers['retry-after'], /^\d+$/)
  t.match(wordsOf(page), /Too many failed attempts\. Try again in/)
})

t.test('an impossible name is refused before any password is looked at', async (t) => {
  const pages = await startPages(t, { users: ['ana'] })
  const ana = await pages.browser()
  for (const username of ['a/b', 'a\u0000b', 'x'.repeat(300)]) {
    const page = await ana.submit(await ana.open('/hub/login'), /username/, {
      username,
      password: 'x',
    })
    t.equal(page.status, 400, JSON.stringify(username.slice(0, 5)))
  }
})

t.test('a hub without an owner says where the claim link is', async (t) => {
  const pages = await startPages(t)
  const stranger = await pages.browser()
  t.match(wordsOf(await stranger.open('/hub/login')), /no owner yet/)
  pages.context.users.add('admin', { admin: true })
  t.notMatch(wordsOf(await stranger.open('/hub/login')), /no owner yet/)
})

t.test('the dummy login warns on every page', async (t) => {
  const pages = await startPages(t, { settings: { 'auth.type': 'dummy' } })
  const ana = await pages.browser()
  t.match(wordsOf(await ana.open('/hub/login')), /Anyone can log in as anyone here/)
  await logIn(ana, 'ana', 'whatever')
  t.match(wordsOf(await ana.open('/hub/home')), /Anyone can log in as anyone here/)
})

t.test('credentials in the address log nobody in (S-11)', async (t) => {
  const pages = await startPages(t, { users: ['ana'] })
  const ana = await pages.browser()
  await ana.open('/hub/login')
  const token = ana.cookies.get('_xsrf')?.value ?? ''
  const query = new URLSearchParams({ username: 'ana', password: passwordOf('ana') }).toString()
  const page = await ana.send(`/hub/login?${query}`, { method: 'POST', body: `_xsrf=${token}` })
  t.equal(page.status, 400)
  t.notOk(ana.cookies.has('littlehub-session'))
})

t.test('§9.81 a login form in pieces that do not fit together logs nobody in', async (t) => {
  const pages = await startPages(t, { users: ['ana'] })
  const ana = await pages.browser()
  await ana.open('/hub/login')
  const bodies = [
    '--x\r\nContent-Disposition: form-data; name="username"\r\n\r\nana',
    '--x',
    '',
    '\0',
  ]
  for (const type of ['multipart/form-data; boundary=x', 'multipart/form-data', 'nonsense'])
    for (const body of bodies) {
      const headers = { 'content-type': type }
      const page = await ana.send('/hub/login', { method: 'POST', headers, body })
      t.ok([400, 403, 415].includes(page.status), `${type} ${body} ${page.status}`)
      t.notOk(ana.cookies.has('littlehub-session'))
    }
})

t.test('§9.145 cookies of another hub or another time are replaced by a login', async (t) => {
  const pages = await startPages(t, { users: ['ana'] })
  const ana = await pages.browser()
  const stale = { value: '2|1:0|10:1700000000|7:session|4:YW5h|00', path: '/', attributes: '' }
  for (const name of [
    'littlehub-session',
    'jupyterhub-hub-login',
    'jupyterhub-session-id',
    '_xsrf',
  ])
    ana.cookies.set(name, stale)
  t.equal((await ana.open('/hub/home')).address, '/hub/login?next=%2Fhub%2Fhome')
  t.equal((await logIn(ana, 'ana')).status, 302)
  t.not(ana.cookies.get('littlehub-session')?.value, stale.value)
  t.equal((await ana.open('/hub/home')).address, '/hub/home')
})
