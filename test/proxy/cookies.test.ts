/** Cookies between browsers, the hub and servers. */
import t from 'tap'
import { confineCookie, escapePrefix, withoutHubCookies } from '../../src/proxy/cookies.ts'
import { readCookie } from '../../src/lib/cookie.ts'

const names = new Set(['littlehub-session', '__Host-littlehub-session'])
const strip = (header: string): string => withoutHubCookies(header, names)

t.test("the hub's cookies go, all others stay byte by byte", (t) => {
  const cases: Record<string, string> = {
    'littlehub-session=s': '',
    '__Host-littlehub-session=s': '',
    '__host-littlehub-session=s': '',
    '__Secure-littlehub-session=s': '',
    'a=1; littlehub-session=s; b=2': 'a=1; b=2',
    'littlehub-session=s; a=1': 'a=1',
    'a=1; littlehub-session=s': 'a=1',
    'littlehub-session=s;a=1;littlehub-session=t': 'a=1',
    'littlehub-session="s"; a="x y"': 'a="x y"',
    'littlehub-session = s; a=1': 'a=1',
    'littlehub-session\t=s; a=1': 'a=1',
    '\u00a0littlehub-session\u00a0=s; a=1': 'a=1',
    'littlehub-session; a=1': 'a=1',
    'a=1;  b = "q\\"; littlehub-session="; c=%;d': 'a=1;  b = "q\\"; c=%;d',
    'a=1;  b  =2 ;c': 'a=1;  b  =2 ;c',
    'my-littlehub-session=s; littlehub-session2=t': 'my-littlehub-session=s; littlehub-session2=t',
    'a=littlehub-session=s': 'a=littlehub-session=s',
    'jupyterhub-session-id=x': 'jupyterhub-session-id=x',
    '': '',
  }
  for (const [header, expected] of Object.entries(cases)) t.equal(strip(header), expected, header)
  t.end()
})

t.test('what the hub would read as its own never passes, however it is written', (t) => {
  const pieces = [
    'littlehub-session', '__Host-', '=', ';', ' ', '\t', '\u00a0', '"', 'a=1', 's', ',', '\\', '%3d', '__host-', '\u0000',
  ] // prettier-ignore
  let state = 42
  const random = (below: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
  for (let round = 0; round < 30_000; round++) {
    const header = Array.from({ length: 1 + random(9) }, () => pieces[random(pieces.length)])
    const left = strip(header.join(''))
    for (const name of names)
      if (readCookie(left, name) !== undefined) t.fail(JSON.stringify([header.join(''), left]))
  }
  t.end()
})

const confine = (header: string, prefix = '/user/ana@x/'): string | undefined =>
  confineCookie(header, { prefix, hubCookieNames: names })

t.test("a server's cookie stays below its prefix", (t) => {
  const cases: Record<string, string> = {
    'a=1': 'a=1; Path=/user/ana@x/',
    'a=1; Path=/user/ana@x/': 'a=1; Path=/user/ana@x/',
    'a=1; path=/user/ana@x/lab; HttpOnly': 'a=1; HttpOnly; Path=/user/ana@x/lab',
    'a=1; Path=/user/ana%40x/lab': 'a=1; Path=/user/ana%40x/lab',
    'a=1; Path=/user/ana@x': 'a=1; Path=/user/ana@x',
    'a=1; Path=/; Secure': 'a=1; Secure; Path=/user/ana@x/',
    'a=1; Path=/user': 'a=1; Path=/user/ana@x/',
    'a=1; Path=/user/': 'a=1; Path=/user/ana@x/',
    'a=1; Path=; Max-Age=0': 'a=1; Max-Age=0; Path=/user/ana@x/',
    'a=1; Path': 'a=1; Path=/user/ana@x/',
    'a=1; Path=relative': 'a=1; Path=/user/ana@x/',
    'a=1; Path="/hub/"': 'a=1; Path=/user/ana@x/',
    'a=1; Path=/hub/; Path=/user/ana@x/lab': 'a=1; Path=/user/ana@x/lab',
    'a=1; Domain=example.org; Secure': 'a=1; Secure; Path=/user/ana@x/',
    'a=1; domain = .example.org;DOMAIN;SameSite=Lax': 'a=1;SameSite=Lax; Path=/user/ana@x/',
    'a="x;y"; Expires=Thu, 01 Jan 1970 00:00:00 GMT':
      'a="x;y"; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Path=/user/ana@x/',
    '__Secure-a=1; Secure': '__Secure-a=1; Secure; Path=/user/ana@x/',
    'jupyterhub-user-ana=v; Path=/user/ana@x/; HttpOnly':
      'jupyterhub-user-ana=v; HttpOnly; Path=/user/ana@x/',
    'b=littlehub-session=x': 'b=littlehub-session=x; Path=/user/ana@x/',
  }
  for (const [header, expected] of Object.entries(cases)) t.equal(confine(header), expected, header)
  t.end()
})

t.test('a cookie for somebody else is dropped', (t) => {
  const dropped = [
    'a=1; Path=/hub/', 'a=1; Path=/hub', 'a=1; Path=/user/bob/', 'a=1; Path=/user/ana@xy/', 'a=1; Path=/user/ana',
    'a=1; Path=/user/ana@x/../bob/', 'a=1; Path=/user/ana@x/%2e%2e/bob/', 'a=1; Path=/user%2Fana@x/', 'a=1; Path=//',
    'a=1; Path=/user/ana@x/; Path=/hub/', 'a=1; PATH = /hub/', 'a=1; Path=/user/ana@x\\..', 'a=1; Path=/%zz',
    'littlehub-session=1', '__Host-littlehub-session=1; Secure; Path=/', '__host-littlehub-session=1',
    '__Secure-littlehub-session=1', ' littlehub-session =1', '\u00a0littlehub-session=1', '__Host-other=1; Path=/',
    '=littlehub-session=1', ' =x', 'littlehub-session', 'nameless', '', ';',
  ] // prettier-ignore
  for (const header of dropped) t.equal(confine(header), undefined, header)
  t.end()
})

t.test('a named server cannot reach the default server of its owner', (t) => {
  const prefix = '/user/ana/lab2/'
  t.equal(confine('a=1; Path=/user/ana/', prefix), 'a=1; Path=/user/ana/lab2/')
  t.equal(confine('a=1; Path=/user/ana/api/', prefix), undefined)
  t.end()
})

t.test('a prefix is written in URLs as JupyterHub writes it', (t) => {
  t.equal(escapePrefix('/user/josé b@x/'), '/user/jos%C3%A9%20b@x/')
  t.equal(confine('a=1', '/user/é/'), 'a=1; Path=/user/%C3%A9/')
  t.equal(confine('a=1; Path=/user/%c3%a9/', '/user/é/'), 'a=1; Path=/user/%c3%a9/')
  t.end()
})

t.test('a cookie with dozens of attributes is none', (t) => {
  t.equal(confine(`a=b${'; x=y'.repeat(20)}`), `a=b${'; x=y'.repeat(20)}; Path=/user/ana@x/`)
  t.equal(confine(`a=b${'; x=y'.repeat(21)}`), undefined)
  t.end()
})
