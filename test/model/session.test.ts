/** Sessions: when they end, and which cookies are the hub's. */
import t from 'tap'
import {
  hasExpired,
  hubCookieNames,
  loginFlowCookie,
  sessionCookie,
} from '../../src/model/session.ts'

const at = (ms: number): Date => new Date(Date.UTC(2026, 0, 1) + ms)

t.test('a session ends when it was unused for long, and at its absolute end', async (t) => {
  const session = { seenAt: at(0), expiresAt: at(1000) }
  t.equal(hasExpired(session, at(0), 500), false)
  t.equal(hasExpired(session, at(499), 500), false)
  t.equal(hasExpired(session, at(500), 500), true)
  t.equal(hasExpired({ ...session, seenAt: at(999) }, at(999), 500), false)
  t.equal(hasExpired({ ...session, seenAt: at(999) }, at(1000), 500), true)
  t.equal(hasExpired(session, at(-5000), 500), false, 'a clock that was set back')
})

t.test('every cookie that is a credential is withheld from servers', async (t) => {
  t.same(
    [...hubCookieNames].sort(),
    [loginFlowCookie, sessionCookie.plain, sessionCookie.secure].sort(),
  )
  t.match(sessionCookie.secure, /^__Host-/)
})
