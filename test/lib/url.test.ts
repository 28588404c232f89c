/** URLs of our own site: where a login may lead (S-01, S-02), quoting, joining. */
import t from 'tap'
import { encodeSegment, joinPath, safeNext, withQuery } from '../../src/lib/url.ts'

const own = { host: 'hub.example.org', protocol: 'https', baseUrl: '/' }
const origin = 'https://hub.example.org'

/** What a browser does with `Location: result` on a page of ours. */
const landsAt = (result: string): URL => new URL(result, `${origin}/hub/login`)

t.test('a page of this site is a place to go', (t) => {
  const same = [
    '/',
    '/hub/home',
    '/absolute?x=1#h',
    '/user/al%C3%A9/lab/tree/a%20b.ipynb?reset',
    '/hub/spawn?next=%2Fuser%2Falice',
    '/hub/oauth?redirect_uri=https%3A%2F%2Fevil.example%2F',
    '/a?next=http://evil.example/',
    '/%09/evil.example',
    '/%2F/evil.example',
    '/%252F%252Fevil.example',
    '/hub/logout-help',
  ]
  for (const next of same) t.equal(safeNext(next, own), next, next)
  t.end()
})

t.test('an absolute URL of this very site is cut to its path', (t) => {
  const cut: Record<string, string> = {
    'https://hub.example.org': '/',
    'https://hub.example.org/hub/home?x=1#h': '/hub/home?x=1#h',
    'HTTPS://HUB.example.ORG/hub/home': '/hub/home',
    'https://hub.example.org:443/hub/home': '/hub/home',
    'https://hub.example.org?x=1': '/?x=1',
    'https://hub.example.org//evil.example/': '/evil.example/',
    'https://hub.example.org///evil.example/': '/evil.example/',
    'https://hub.example.org////evil.example/': '/evil.example/',
    'https://hub.example.org/////evil.example/': '/evil.example/',
    'https://hub.example.org/..//evil.example': '/evil.example',
  }
  for (const [next, path] of Object.entries(cut)) t.equal(safeNext(next, own), path, next)
  t.end()
})

t.test('nothing leads to another site, however it is spelt', (t) => {
  const elsewhere = [
    '',
    'hub/home',
    '//evil.example',
    '///evil.example',
    '////evil.example',
    '//hub.example.org/hub/home',
    '\\\\evil.example',
    '/\\evil.example',
    '\\/evil.example',
    '/\\/evil.example',
    '/hub\\..\\..\\\\evil.example',
    '/\t/evil.example',
    '/\n/evil.example',
    '/\r/evil.example',
    '\t//evil.example',
    ' //evil.example',
    ' /hub/home',
    '/hub/home\n',
    '/hub/home\u0000',
    'http:evil.example',
    'https:evil.example',
    'https:/evil.example',
    'https:///evil.example',
    'https:hub/home',
    'https:/hub.example.org/hub/home',
    'https:\\\\evil.example',
    'http://evil.example',
    'http://hub.example.org/hub/home',
    'https://hub.example.org:444/',
    'https://hub.example.org@evil.example/',
    'https://hub.example.org:x@evil.example/',
    'https://evil.example@hub.example.org/',
    'https://hub.example.org.evil.example/',
    'https://hub.example.org%2eevil.example/',
    'https://hub.example.org\\.evil.example/',
    'https://hub.example.org\\@evil.example/',
    'https://evil.example/https://hub.example.org/',
    'javascript:alert(1)',
    'JaVaScRiPt:alert(1)//hub.example.org',
    'data:text/html,x',
    'vbscript:x',
    '%2F%2Fevil.example',
    `/${'a'.repeat(5000)}`,
  ]
  for (const next of elsewhere) t.equal(safeNext(next, own), undefined, JSON.stringify(next))
  t.equal(safeNext(undefined, own), undefined)
  t.end()
})

t.test('dot segments cannot leave a network path behind', (t) => {
  for (const dots of ['/..', '/.', '/%2e%2e', '/%2E', '/a/..', '/a/../..'])
    t.equal(safeNext(`${dots}//evil.example/x`, own), '/evil.example/x', dots)
  t.end()
})

t.test('a login never leads to the logout', (t) => {
  for (const next of ['/hub/logout', '/hub/logout/', '/hub/./logout?x=1', `${origin}//hub/logout`])
    t.equal(safeNext(next, own), undefined, next)
  t.equal(safeNext('/class/hub/logout', { ...own, baseUrl: '/class/' }), undefined)
  t.equal(safeNext('/hub/logout', { ...own, baseUrl: '/class/' }), '/hub/logout')
  t.end()
})

t.test('the own port counts, and a Host header that is no host makes nothing safe', (t) => {
  const local = { host: '127.0.0.1:8000', protocol: 'http:', baseUrl: '/' }
  t.equal(safeNext('http://127.0.0.1:8000/hub/home', local), '/hub/home')
  t.equal(safeNext('http://127.0.0.1:8001/hub/home', local), undefined)
  t.equal(safeNext('http://127.0.0.1/hub/home', local), undefined)
  for (const host of ['', 'a b', 'x@evil.example', 'evil.example/', 'a\\b', 'h?', 'h#'])
    t.equal(safeNext('/hub/home', { ...local, host }), undefined, JSON.stringify(host))
  t.equal(safeNext('/hub/home', { ...local, protocol: 'javascript' }), undefined)
  t.end()
})

/** A small repeatable generator, so that a failure can be seen again. */
function createRandom(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

t.test('whatever is asked for, a browser stays on this site', (t) => {
  const pieces = [
    '/', '//', '\\', '/\\', '\t', '\n', '\r', '\u0000', ' ', '\u00a0', '\u3000', '%09', '%0a', '%5c', '%2f', '%252f',
    '@', ':', '?', '#', '.', '..', '/..', '%2e%2e', ';', '&', '=', '[', ']', '％2f', '／', '＼', '。',
    'http:', 'https:', 'HTTPS:', 'javascript:', 'data:', 'file:', 'blob:', 'https://', 'http://',
    'evil.example', 'hub.example.org', 'hub.example.org:443', 'hub.example.org//evil.example',
    'user:pass@', '[::1]', '0x7f.1', 'hub', 'home', 'é', '\ud800', 'a'.repeat(300),
  ] // prettier-ignore
  const random = createRandom(20_260_101)
  let accepted = 0
  for (let round = 0; round < 60_000; round++) {
    const start = ['', '/', `${origin}/`, origin][random(4)] ?? ''
    const rest = Array.from({ length: 1 + random(6) }, () => pieces[random(pieces.length)] ?? '')
    const next = start + rest.join('')
    const result = safeNext(next, own)
    if (result === undefined) continue
    accepted += 1
    const url = landsAt(result)
    const good =
      url.origin === origin && /^\/(?![/\\])/.test(result) && /^[\x21-\x7e]+$/.test(result)
    if (!good) t.fail(`${JSON.stringify(next)} became ${JSON.stringify(result)}`)
    if (safeNext(result, own) !== result) t.fail(`${JSON.stringify(result)} is not stable`)
  }
  t.ok(accepted > 5000, `many were accepted: ${accepted}`)
  t.end()
})

t.test('paths are joined by exactly one slash', (t) => {
  t.equal(joinPath('/', 'hub', 'home'), '/hub/home')
  t.equal(joinPath('/class/', '/hub/', '/'), '/class/hub/')
  t.equal(joinPath('/class/', '', 'hub'), '/class/hub')
  t.end()
})

t.test('a name in a path is quoted as JupyterHub quotes it', (t) => {
  const quoted: Record<string, string> = {
    'has@': 'has@',
    '~TestJH': '~TestJH',
    'has%x': 'has%25x',
    秀樹: '%E7%A7%80%E6%A8%B9',
    'a b+c': 'a%20b%2Bc',
    "o'neil(1)!*": 'o%27neil%281%29%21%2A',
    'a/b?c#d': 'a%2Fb%3Fc%23d',
  }
  for (const [name, segment] of Object.entries(quoted)) t.equal(encodeSegment(name), segment)
  t.end()
})

t.test('a query is added before the fragment and after what is there', (t) => {
  t.equal(withQuery('/a', { next: '/b?c=d&e' }), '/a?next=%2Fb%3Fc%3Dd%26e')
  t.equal(withQuery('/a?x=1#top', { y: '2', z: undefined }), '/a?x=1&y=2#top')
  t.equal(withQuery('/a', { z: undefined }), '/a')
  t.end()
})
