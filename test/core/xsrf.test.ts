/** The token that shows that a request was made by a page of ours (contract §5.9, S-03, S-07). */
import { generateKeySync } from 'node:crypto'
import t from 'tap'
import { type IncomingHttpHeaders } from 'node:http'
import { createXsrf } from '../../src/core/xsrf.ts'
import { createParts } from '../support/parts.ts'

const newKey = () => generateKeySync('hmac', { length: 256 })

const key = newKey()
const ownOrigin = 'https://hub.example.org'

t.test('the token of a login is good for that login only', (t) => {
  const { asSession, logIn, addUser } = createParts(t)
  const xsrf = createXsrf(key)
  const ana = addUser('ana')
  const [one, other] = [asSession(logIn(ana)), asSession(logIn(ana))]
  const { token, isNew } = xsrf.tokenFor({}, one)
  t.equal(isNew, true)
  const check =
    (given: string | undefined, principal = one, headers: IncomingHttpHeaders = {}) =>
    () =>
      xsrf.require({ headers, ownOrigin, given }, principal)
  t.doesNotThrow(check(token))
  t.doesNotThrow(check(undefined, one, { 'x-xsrftoken': token }))
  t.doesNotThrow(check(undefined, one, { 'x-csrftoken': token }))
  t.throws(check(token, other), { code: 'Forbidden', message: /_xsrf/ }, 'another login')
  t.throws(check(undefined), { code: 'Forbidden', message: /_xsrf' argument missing/ })
  t.throws(check(''), { code: 'Forbidden' })
  t.throws(check(`${token}x`), { code: 'Forbidden', message: /_xsrf' argument invalid/ })
  t.throws(check('2|12345678|0123|4567'), { code: 'Forbidden' }, 'of another framework (§9.5)')
  t.throws(() => createXsrf(newKey()).require({ headers: {}, ownOrigin, given: token }, one), {
    code: 'Forbidden',
  })
  t.end()
})

t.test('a browser keeps its token while it is good', (t) => {
  const { asSession, logIn, addUser } = createParts(t)
  const xsrf = createXsrf(key)
  const ana = asSession(logIn(addUser('ana')))
  const { token } = xsrf.tokenFor({}, ana)
  t.same(xsrf.tokenFor({ cookie: `_xsrf=${token}` }, ana), { token, isNew: false })
  t.equal(xsrf.tokenFor({ cookie: `_xsrf=${token}` }, undefined).isNew, true, 'logged out')
  t.equal(xsrf.tokenFor({ cookie: `_xsrf=${token}; _xsrf=tossed` }, ana).isNew, true)
  t.end()
})

t.test('a stranger shows the token of their own browser', (t) => {
  const xsrf = createXsrf(key)
  const { token } = xsrf.tokenFor({}, undefined)
  const check = (headers: IncomingHttpHeaders) => () =>
    xsrf.require({ headers, ownOrigin, given: token }, undefined)
  t.doesNotThrow(check({ cookie: `_xsrf=${token}` }))
  t.throws(check({}), { code: 'Forbidden' })
  t.throws(check({ cookie: `_xsrf=${xsrf.tokenFor({}, undefined).token}` }), { code: 'Forbidden' })
  t.end()
})

t.test('what a browser says of where a request comes from can only refuse it', (t) => {
  const { asSession, logIn, addUser } = createParts(t)
  const xsrf = createXsrf(key)
  const ana = asSession(logIn(addUser('ana')))
  const { token } = xsrf.tokenFor({}, ana)
  const check =
    (headers: IncomingHttpHeaders, given: string | undefined = token) =>
    () =>
      xsrf.require({ headers, ownOrigin, given }, ana)
  for (const site of ['cross-site', 'same-site'])
    t.throws(check({ 'sec-fetch-site': site }), { code: 'Forbidden' }, site)
  for (const origin of [
    'https://evil.example',
    'null',
    'http://hub.example.org',
    `${ownOrigin}.evil`,
  ])
    t.throws(check({ origin }), { code: 'Forbidden' }, origin)
  for (const headers of [{}, { origin: ownOrigin }, { 'sec-fetch-site': 'same-origin' }]) {
    t.doesNotThrow(check(headers))
    t.throws(() => xsrf.require({ headers, ownOrigin, given: undefined }, ana), {
      code: 'Forbidden',
    })
  }
  t.end()
})
