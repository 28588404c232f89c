/** HTTPS is configured whole, or not at all. */
import t from 'tap'
import { checkHttps } from '../../src/config/check-https.ts'

const none = { cert: '', key: '' }
const own = { cert: '/a.pem', key: '/a.key' }
const base = {
  ...{ enabled: true, port: 443, tls: none, acme: { directory: '', trial: '', ca: '' } },
  letsencrypt: { email: '', domains: [] as string[], staging: false },
}
const problems = (https: Partial<typeof base>, public_url = '', port = 80): string[] =>
  checkHttps({ https: { ...base, ...https }, port, public_url }).map(
    ({ at, sentence }) => `${at.join('.')} ${sentence}`,
  )
const automatic = (...domains: string[]) => ({ letsencrypt: { ...base.letsencrypt, domains } })

t.test('it needs one certificate, and one way to it', async (t) => {
  t.match(problems({}), [/^https\.enabled needs a certificate/])
  t.same(problems({ enabled: false }), [])
  t.same(problems({ tls: own }), [])
  t.same(problems(automatic('hub.example.org')), [])
  t.match(problems({ tls: own, ...automatic('hub.example.org') }), [/exclude each other/])
  t.match(problems({ tls: { ...own, key: '' } }), [/^https\.tls\.key is missing/])
  t.match(problems({ tls: { ...own, cert: '' } }), [/^https\.tls\.cert is missing/])
  t.same(problems({ tls: { ...own, cert: '' }, enabled: false }), [], 'one after the other')
})

t.test('ports and addresses fit', async (t) => {
  t.match(problems({ tls: own, port: 80 }), [/^https\.port is 80, like `port`/])
  t.same(problems({ tls: own, port: 0 }, '', 0), [])
  t.match(problems({ tls: own }, 'http://hub.example.org'), [/^public_url begins with http:/])
  t.same(problems({ tls: own }, 'https://hub.example.org'), [])
})

t.test('certificates are obtained for names of hosts only', async (t) => {
  for (const domain of ['localhost', '192.0.2.7', '*.example.org', 'a b.org', '', 'https://a.org', `${'a'.repeat(64)}.org`]) // prettier-ignore
    t.match(problems(automatic('hub.example.org', domain)), [/^https\.letsencrypt\.domains\.1 is no full name/], domain) // prettier-ignore
  const directory = 'http://ca.example.org/'
  for (const key of ['directory', 'trial'])
    t.match(problems({ ...automatic('a.org'), acme: { ...base.acme, [key]: directory } }), [new RegExp(`^https\\.acme\\.${key}`)]) // prettier-ignore
})

t.test('a certificate is obtained for the name that people open', async (t) => {
  const other = problems(automatic('hub.example.org'), 'https://www.example.org')
  t.match(other, [/^https\.letsencrypt\.domains lacks the name in `public_url`/])
  t.same(problems(automatic('a.org', 'Hub.example.org'), 'https://hub.example.org'), [])
})

t.test("an own directory has no environment for trials of Let's Encrypt", async (t) => {
  const letsencrypt = { email: '', domains: ['a.org'], staging: true }
  const acme = { ...base.acme, directory: 'https://ca.example.org/' }
  t.match(problems({ letsencrypt, acme }), [/^https\.letsencrypt\.staging and/])
  t.same(problems({ letsencrypt }), [])
})
