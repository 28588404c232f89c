/** Your account. */
import t from 'tap'
import { passwordOf } from '../../support/hub.ts'
import { logIn, startPages, wordsOf } from '../../support/pages.ts'

const better = 'four words nobody guesses'

t.test('a changed password ends every other login and renews this one (S-27, S-53)', async (t) => {
  const pages = await startPages(t, { users: ['ana'] })
  const there = await pages.browser('ana')
  const here = await pages.browser('ana')
  const before = here.cookies.get('littlehub-session')?.value
  const page = await here.submit(await here.open('/hub/account'), /old_password/, {
    old_password: passwordOf('ana'),
    password: better,
  })
  t.match(wordsOf(page), /Your password is changed/)
  t.not(here.cookies.get('littlehub-session')?.value, before)
  t.match((await there.open('/hub/home')).address, /login/)
  t.equal((await logIn(await pages.browser(), 'ana', better)).status, 302)
})

t.test('a wrong old password and a weak new one are said beside their fields', async (t) => {
  const pages = await startPages(t, { users: ['ana'] })
  const ana = await pages.browser('ana')
  const form = await ana.open('/hub/account')
  const wrong = await ana.submit(form, /old_password/, { old_password: 'x', password: better })
  t.equal(wrong.status, 403)
  t.match(wrong.text, /id="old-password-says">The old password is wrong/)
  const weak = await ana.submit(form, /old_password/, {
    old_password: passwordOf('ana'),
    password: 'short',
  })
  t.match(weak.text, /id="password-says">A password has at least 10 characters/)
})

t.test('other browsers are listed and can be logged out', async (t) => {
  const pages = await startPages(t, { users: ['ana'] })
  const there = await pages.browser('ana')
  const here = await pages.browser('ana')
  const page = await here.open('/hub/account')
  t.equal(wordsOf(page).match(/this one/g)?.length, 1)
  t.match(
    wordsOf(await here.submit(page, /account\/sessions/)),
    /Every other browser is logged out/,
  )
  t.match((await there.open('/hub/home')).address, /login/)
})

t.test('who has no password of this hub is not asked for one', async (t) => {
  const pages = await startPages(t, { settings: { 'auth.type': 'dummy' } })
  const ana = await pages.browser()
  await logIn(ana, 'ana', 'x')
  t.notMatch((await ana.open('/hub/account')).text, /old_password/)
})
