/** A hub that speaks HTTPS: plain HTTP goes on until it has worked, and a new certificate cuts nobody off. */
import { once } from 'node:events'
import { copyFileSync, readFileSync } from 'node:fs'
import http, { type IncomingHttpHeaders } from 'node:http'
import path from 'node:path'
import tls from 'node:tls'
import t, { type Test } from 'tap'
import { loadConfig } from '../../src/config/load.ts'
import { pluginSchemas } from '../../src/context.ts'
import { createHub } from '../../src/hub.ts'
import { createLog } from '../../src/lib/log.ts'
import { sleep } from '../../src/lib/time.ts'
import { startEcho } from '../support/echo-service.ts'
import { addUser, passwordOf, temporaryFolder } from '../support/hub.ts'
import { createAuthority, type Made } from '../support/made-certificates.ts'
import { secureRequest } from '../support/secure-client.ts'

async function startSecureHub(t: Test, options: { readonly now?: () => Date } = {}) {
  const dir = temporaryFolder(t)
  const authority = createAuthority(dir)
  const files = { cert: path.join(dir, 'live.pem'), key: path.join(dir, 'live.key') }
  const put = ({ cert, key }: Made): void => {
    copyFileSync(cert, files.cert)
    copyFileSync(key, files.key)
  }
  put(authority.sign('first', ['localhost', 'hub.test']))
  const text = `
data_dir: ${path.join(dir, 'data')}
port: 0
log_level: error
password: { bcrypt_cost: 4 }
https: { enabled: true, port: 0, tls: { cert: ${files.cert}, key: ${files.key} } }
services: [{ name: echo, url: 'http://127.0.0.1:${await startEcho(t)}', access: public }]
`
  const file = path.join(dir, 'config.yaml')
  const readAgain = () => loadConfig({ env: {}, flags: {}, file, text }, pluginSchemas)
  const start = async () => {
    const clock = options.now ? { clock: { now: options.now } } : {}
    const log = createLog({ level: 'silent' })
    const hub = createHub(readAgain(), { readAgain, log, ...clock })
    t.teardown(() => hub.stop({ servers: true }))
    await hub.start()
    return hub
  }
  const ca = readFileSync(authority.root.cert, 'utf8')
  return { start, ca, authority, put, files }
}

const plain = (
  url: string,
  host: string,
  method = 'GET',
): Promise<{ status: number | undefined; headers: IncomingHttpHeaders }> =>
  // prettier-ignore
  new Promise((resolve, reject) => {
    const request = http.request(url, { method, headers: { host }, agent: false }, (response) => {
      response.resume()
      resolve({ status: response.statusCode, headers: response.headers })
    })
    request.on('error', reject)
    request.end()
  })

const secureOf = ({ secureUrl }: { readonly secureUrl: string }): string =>
  secureUrl.replace('127.0.0.1', 'localhost')

t.test('plain HTTP goes on until somebody has come in over HTTPS', async (t) => {
  const { start, ca } = await startSecureHub(t)
  let hub = await start()
  const before = await plain(`${hub.url}hub/login`, 'hub.test')
  t.equal(before.status, 200)
  t.equal(before.headers['strict-transport-security'], undefined)
  t.match(await secureRequest(`${secureOf(hub)}hub/login`, undefined, { headers: { host: '192.0.2.1' } }), { status: 200 }) // prettier-ignore
  t.equal((await plain(`${hub.url}hub/login`, 'hub.test')).status, 200, 'another name proves nothing') // prettier-ignore
  const login = await secureRequest(`${secureOf(hub)}hub/login`, ca)
  t.match(login, { status: 200, headers: { 'strict-transport-security': /max-age=31536000/ } })
  t.match(login.headers['set-cookie'], [/; Secure/])
  const after = await plain(`${hub.url}hub/login?next=/x`, 'hub.test')
  t.equal(after.status, 301)
  t.match(after.headers.location, /^https:\/\/hub\.test:\d+\/hub\/login\?next=\/x$/)
  t.equal((await plain(`${hub.url}hub/api/users`, 'hub.test', 'POST')).status, 308)
  t.equal((await plain(`${hub.url}hub/health`, 'hub.test')).status, 200)
  const socket = await plain(`${hub.url}services/echo/`, 'hub.test')
  t.equal(socket.status, 301)
  await hub.stop()
  hub = await start()
  t.equal((await plain(`${hub.url}hub/login`, 'hub.test')).status, 301, 'nor is it forgotten')
})

t.test('people log in over HTTPS with a cookie that only travels there', async (t) => {
  const { start, ca } = await startSecureHub(t)
  const hub = await start()
  await addUser(hub, 'ana')
  const page = await secureRequest(`${secureOf(hub)}hub/login`, ca)
  const xsrf = /name="_xsrf" value="([^"]+)"/.exec(page.body)?.[1] ?? ''
  const cookie = page.headers['set-cookie']?.map((one) => one.split(';')[0]).join('; ') ?? ''
  const form = new URLSearchParams({ username: 'ana', password: passwordOf('ana'), _xsrf: xsrf })
  const origin = new URL(secureOf(hub)).origin
  const answered = await new Promise<IncomingHttpHeaders>((resolve, reject) => {
    const headers = { cookie, origin, 'content-type': 'application/x-www-form-urlencoded' }
    void import('node:https').then(({ default: https }) => {
      const request = https.request(`${origin}/hub/login`, { ca, headers, method: 'POST', agent: false }) // prettier-ignore
      request.on('response', (response) => resolve(response.headers))
      request.on('error', reject)
      request.end(form.toString())
    })
  })
  t.match(answered['set-cookie']?.join('\n'), /^__Host-littlehub-session=\S+; .*Secure/m)
  const seen = await secureRequest(`${secureOf(hub)}services/echo/`, ca)
  t.match(JSON.parse(seen.body), {
    'x-forwarded-proto': 'https',
    'x-forwarded-host': /^localhost:/,
  })
})

t.test('a new certificate is taken without a restart, and WebSockets stay', async (t) => {
  const { start, ca, authority, put } = await startSecureHub(t)
  const hub = await start()
  const { port } = new URL(hub.secureUrl)
  const connect = async () => {
    const socket = tls.connect({ port: Number(port), host: '127.0.0.1', servername: 'localhost', ca }) // prettier-ignore
    await once(socket, 'secureConnect')
    t.teardown(() => socket.destroy())
    return socket
  }
  const open = await connect()
  open.setEncoding('utf8')
  const upgrade = `GET /services/echo/ HTTP/1.1\r\nHost: localhost:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n` // prettier-ignore
  open.write(upgrade)
  t.match(await once(open, 'data'), [/^HTTP\/1\.1 101/])
  t.equal(open.getPeerCertificate().subject.CN, 'first')
  put(authority.sign('second', ['localhost', 'hub.test']))
  await hub.reload()
  for (let tries = 0; tries < 50; tries += 1) {
    const socket = await connect()
    if (socket.getPeerCertificate().subject.CN === 'second') break
    await sleep(50)
  }
  t.equal((await connect()).getPeerCertificate().subject.CN, 'second')
  open.write('still here')
  t.match(await once(open, 'data'), ['still here'])
})

t.test('a reload with a certificate that cannot be used is refused whole', async (t) => {
  const { start, authority, files } = await startSecureHub(t)
  const hub = await start()
  copyFileSync(authority.root.key, files.key)
  t.match(await hub.reload().catch((e: unknown) => e), { name: 'ConfigError', message: /https\.tls\.key: is not the key/ }) // prettier-ignore
})

t.test(
  'a hub does not start with a wrong certificate, but with one that has expired',
  async (t) => {
    const wrong = await startSecureHub(t)
    copyFileSync(wrong.authority.root.key, wrong.files.key)
    t.match(await wrong.start().catch((e: unknown) => e), { name: 'ConfigError' })
    const late = await startSecureHub(t, { now: () => new Date(Date.now() + 100 * 86_400_000) })
    const hub = await late.start()
    t.equal((await secureRequest(`${secureOf(hub)}hub/health`, late.ca)).status, 200)
  },
)
