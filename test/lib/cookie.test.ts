/** Reading the Cookie header, and taking cookies out of it (S-05). */
import t from 'tap'
import { readCookie, withoutCookie } from '../../src/lib/cookie.ts'

t.test('the value of one cookie, wherever it stands', async (t) => {
  const header = 'a=1; session=abc=; b=2'
  t.equal(readCookie(header, 'session'), 'abc=')
  t.equal(readCookie(header, 'a'), '1')
  t.equal(readCookie('session=', 'session'), '')
  t.equal(readCookie(' session = x ;', 'session'), 'x')
})

t.test('a cookie that is not there is none', async (t) => {
  for (const header of [
    undefined,
    '',
    ';',
    '=',
    'xsession=1',
    'sessionx=1',
    'Session=1',
    'session',
    'sessionx',
    'a=session=b',
    'session;=;a=1',
  ])
    t.equal(readCookie(header, 'session'), undefined, String(header))
})

t.test(
  'one that comes twice with different values is none: somebody else may have set the other',
  async (t) => {
    t.equal(readCookie('session=a; session=b', 'session'), undefined)
    t.equal(readCookie('session=a; x=1; session=', 'session'), undefined)
    t.equal(readCookie('session=a; session=a', 'session'), 'a')
    t.equal(readCookie('session=session; xsession=b; session=c', 'session'), undefined)
  },
)

t.test('a header loses every cookie of one name, and nothing else', async (t) => {
  t.equal(withoutCookie('a=1;session=x; b="2"', 'session'), 'a=1; b="2"')
  t.equal(withoutCookie(' session =x; a=session=y; session', 'session'), 'a=session=y')
  t.equal(withoutCookie('session=x', 'session'), '')
  const others = ' a=1;__Host-session=2;; Session=3 '
  t.equal(withoutCookie(others, 'session'), others)
})
