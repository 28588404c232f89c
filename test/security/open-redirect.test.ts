/** S-01, S-02: no `next` leads to another site, whichever page it is given to. */
import t from 'tap'
import { passwordOf } from '../support/hub.ts'
import { startPages } from '../support/pages.ts'
import { type Browser } from '../support/browser.ts'

const evil = [
  '//evil.example',
  '///evil.example',
  '////evil.example',
  '\\\\evil.example',
  '/\\evil.example',
  '\\/evil.example',
  '/\\/evil.example',
  '/\t/evil.example',
  '/\n/evil.example',
  '/%09/evil.example',
  '/%5cevil.example',
  '/.//evil.example',
  '/..//evil.example',
  '/hub/..//evil.example',
  '/a/../..//evil.example',
  'http:evil.example',
  'http:/evil.example',
  'https:///evil.example',
  'https://evil.example',
  'HTTP://EVIL.example/',
  'javascript:alert(1)',
  'data:text/html,x',
  '@evil.example',
  'OURS@evil.example',
  'OURS.evil.example',
  'OURS//evil.example/',
  'OURS///evil.example/',
  'OURS////evil.example/',
  'OURS/////evil.example/',
  'OURS/..//evil.example/',
  'OURS/\\evil.example/',
  '//HOST@evil.example/',
  '%2F%2Fevil.example',
  '/%2F%2Fevil.example',
  `/${'a'.repeat(9000)}`,
]

/** Random strings of the characters that have ever fooled a parser. */
function* fuzz(count: number): Generator<string> {
  const pieces = [
    '/',
    '//',
    '\\',
    ':',
    '@',
    '.',
    '..',
    '?',
    '#',
    '%2f',
    '%5c',
    '%09',
    '\t',
    '\n',
    '\r',
    ' ',
    'http',
    'https:',
    'evil.example',
    'OURS',
    'HOST',
    '[::1]',
    '\u3000',
    '\uff0f',
  ]
  let seed = 20260131
  const next = (limit: number): number => {
    seed = (seed * 1103515245 + 12345) & 0x7fffffff
    return seed % limit
  }
  for (let index = 0; index < count; index++)
    yield Array.from({ length: 1 + next(7) }, () => pieces[next(pieces.length)] ?? '').join('')
}

// §9.77
t.test('wherever a page leads, a browser stays on this site', async (t) => {
  const pages = await startPages(t, { users: ['ana'] })
  const { url } = pages
  const ana = await pages.browser('ana')
  await ana.send('/hub/spawn', { stay: true })
  const host = url.slice('http://'.length)

  const landsHere = async (browser: Browser, path: string, next: string): Promise<void> => {
    const page = await browser.send(`${path}?${new URLSearchParams({ next }).toString()}`, {
      stay: true,
    })
    const { location } = page.headers
    if (location === undefined) return
    const target = URL.parse(location, url + path)
    if (target?.origin !== url) t.fail(`${path} leads to ${location} for ${JSON.stringify(next)}`)
  }

  for (const spelling of [...evil, ...fuzz(150)]) {
    const next = spelling.replaceAll('OURS', url).replaceAll('HOST', host)
    for (const path of ['/hub/login', '/hub/spawn', '/hub/spawn/ana', '/hub/spawn-pending/ana'])
      await landsHere(ana, path, next)
  }
  t.pass('every one stayed')
})

t.test('a login with a hostile goal leads to the default page', async (t) => {
  const pages = await startPages(t, { users: ['ana'] })
  const ana = await pages.browser()
  for (const spelling of evil) {
    const next = spelling.replaceAll('OURS', pages.url).replaceAll('HOST', pages.url.slice(7))
    await ana.open('/hub/login')
    const token = ana.cookies.get('_xsrf')?.value ?? ''
    const body = new URLSearchParams({
      username: 'ana',
      password: passwordOf('ana'),
      _xsrf: token,
      next,
    }).toString()
    const page = await ana.send('/hub/login', { method: 'POST', body, stay: true })
    t.equal(page.status, 302)
    t.equal(
      URL.parse(page.headers.location ?? '', `${pages.url}/hub/login`)?.origin,
      pages.url,
      JSON.stringify(next),
    )
    await ana.open('/hub/logout')
  }
})

t.test('an address that leads on leads on within this site', async (t) => {
  const pages = await startPages(t, { users: ['ana'] })
  const ana = await pages.browser('ana')
  const paths = [
    '//evil.example/',
    '///evil.example/',
    '/\\evil.example/',
    '/user-redirect//evil.example/',
    '/hub/user-redirect//evil.example',
    '/hub/user-redirect/\\evil.example',
    '/user//evil.example',
    '/user/ana',
    '/hub/user//evil.example/',
  ]
  for (const path of paths) {
    const { headers } = await ana.send(path, { stay: true })
    const target = URL.parse(headers.location ?? '/', pages.url)
    t.equal(target?.origin, pages.url, `${path} → ${headers.location ?? 'nowhere'}`)
  }
})
