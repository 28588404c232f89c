/** What the doctor says of HTTPS. */
import t from 'tap'
import { checkHttps } from '../../src/cli/check-https.ts'
import { type Finding } from '../../src/cli/finding.ts'
import { DAY } from '../../src/lib/time.ts'
import { createAuthority } from '../support/made-certificates.ts'

const dir = t.testdir()
const authority = createAuthority(dir)
const good = authority.sign('good', ['hub.example.org'], { days: 30 })
const files = { cert: authority.chain('whole', good, authority.root), key: good.key }

async function findingsOf(tls = files, { enabled = true, now = new Date() } = {}) {
  const letsencrypt = { email: '', domains: [], staging: false }
  const https = { enabled, port: 443, tls, letsencrypt, acme: { directory: '' } }
  const config = { https, public_url: 'https://hub.example.org', base_url: '/', data_dir: dir }
  const findings: Finding[] = []
  for await (const finding of checkHttps(config, now)) findings.push(finding)
  return findings
}

t.test('a good certificate is told with its names and the days left', async (t) => {
  t.match(await findingsOf(), [{ level: 'ok', found: /is for hub\.example\.org, (?:29|30) days/ }])
  t.same(await findingsOf(files, { enabled: false }), [])
})

t.test('what is wrong is told with the file and what to do', async (t) => {
  const other = await findingsOf({ cert: files.cert, key: authority.root.key })
  t.match(other, [{ level: 'fail', found: /root\.key is not the key/, advice: /https\.tls/ }])
  const late = await findingsOf(files, { now: new Date(Date.now() + 31 * DAY) })
  t.match(late, [{ level: 'fail', found: /whole\.pem has expired on/ }])
  const soon = await findingsOf(files, { now: new Date(Date.now() + 20 * DAY) })
  t.match(soon, [{ level: 'warn', found: /expires on/ }, { level: 'ok' }])
  t.match(await findingsOf({ cert: '', key: '' }), [{ level: 'warn', found: /no certificate/ }])
})
