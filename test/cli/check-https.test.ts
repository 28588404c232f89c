/** What the doctor says of HTTPS. */
import { createPrivateKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import http from 'node:http'
import { type AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { checkHttps, type RunningHub } from '../../src/cli/check-https.ts'
import { type Finding } from '../../src/cli/finding.ts'
import { DAY } from '../../src/lib/time.ts'
import { createAcmeFiles } from '../../src/tls/acme-files.ts'
import { createAuthority } from '../support/made-certificates.ts'

const dir = t.testdir()
const authority = createAuthority(dir)
const good = authority.sign('good', ['hub.example.org'], { days: 30 })
const files = { cert: authority.chain('whole', good, authority.root), key: good.key }

async function findingsOf(tls = files, { enabled = true, now = new Date() } = {}) {
  const letsencrypt = { email: '', domains: [], staging: false }
  const https = { enabled, port: 443, tls, letsencrypt, acme: { directory: '', trial: '', ca: '' } }
  const config = { https, public_url: 'https://hub.example.org', base_url: '/', data_dir: dir }
  const findings: Finding[] = []
  for await (const finding of checkHttps(config, now, undefined)) findings.push(finding)
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
})

async function findingsOfObtained(
  t: Test,
  running?: RunningHub,
  { has = true, now = new Date() } = {},
) {
  const data_dir = t.testdir()
  const made = {
    key: createPrivateKey(readFileSync(good.key)),
    chain: readFileSync(good.cert, 'utf8'),
  }
  if (has) createAcmeFiles(data_dir).keep({ directory: 'https://ca.example.org/', ...made })
  const letsencrypt = { email: '', domains: ['hub.example.org'], staging: false }
  const acme = { directory: '', trial: '', ca: '' }
  const https = { enabled: true, port: 1, tls: { cert: '', key: '' }, letsencrypt, acme }
  const config = { https, public_url: '', base_url: '/', data_dir }
  const findings: Finding[] = []
  for await (const finding of checkHttps(config, now, running)) findings.push(finding)
  return findings
}

async function plainHub(t: Test, location?: string): Promise<string> {
  const server = http.createServer(({ headers }, response) => {
    const to = location?.replace('NAME', headers.host ?? '')
    response.writeHead(to === undefined ? 200 : 301, to === undefined ? {} : { location: to }).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

t.test('a certificate that the hub gets by itself is told, or why there is none', async (t) => {
  t.match(await findingsOfObtained(t), [{ level: 'ok', found: /is for hub\.example\.org, (?:29|30) days left; the hub renews it/ }]) // prettier-ignore
  t.match(await findingsOfObtained(t, undefined, { has: false }), [{ level: 'warn', found: /no certificate for hub\.example\.org yet/ }]) // prettier-ignore
  const problem = 'No certificate could be obtained. hub.example.org does not resolve.'
  const url = await plainHub(t)
  t.match(await findingsOfObtained(t, { url, problem }, { has: false }), [{ level: 'fail', found: problem, advice: /plain HTTP goes on/ }]) // prettier-ignore
  const renewing = await findingsOfObtained(t, { url, problem })
  t.match(renewing[0], { level: 'warn', found: problem, advice: /before stays in use/ })
  const late = new Date(Date.now() + 40 * DAY)
  t.match(await findingsOfObtained(t, undefined, { now: late }), [{ level: 'fail', found: /has expired/ }]) // prettier-ignore
})

t.test('whether plain HTTP leads to HTTPS is told as people find it', async (t) => {
  const at = async (location?: string) =>
    (await findingsOfObtained(t, { url: await plainHub(t, location), problem: undefined })).at(-1)
  t.match(await at('https://NAME/hub/login'), { level: 'ok', found: 'plain HTTP leads to https://hub.example.org' }) // prettier-ignore
  t.match(await at(), { level: 'warn', found: /does not lead to HTTPS yet/ })
  t.match(await at('/hub/oauth_login'), { level: 'warn', found: /does not lead to HTTPS yet/ })
})
