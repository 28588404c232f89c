/** From looking where names lead to the chain, at a real authority (pebble), by whatever way is open. */
import http from 'node:http'
import { X509Certificate } from 'node:crypto'
import tls from 'node:tls'
import t, { type Test } from 'tap'
import { createProtocolChoice, placeholderCertificate } from '../../src/tls/acme-alpn.ts'
import { createAcmeFiles } from '../../src/tls/acme-files.ts'
import { obtainCertificate, type ObtainNeeds } from '../../src/tls/acme-obtain.ts'
import { type Challenge } from '../../src/tls/acme-order.ts'
import { challengePath } from '../../src/tls/acme-preflight.ts'
import { startPebble, type Pebble } from '../support/pebble.ts'

const names = ['hub.test.example']

function needsFor(t: Test, pebble: Pebble) {
  const answers = new Map<string, string>()
  const challenges = new Map<string, Challenge>()
  const needs: ObtainNeeds = {
    wanted: { directory: pebble.directory, trial: undefined, names, email: '', caFile: pebble.caFile }, // prettier-ignore
    isRenewal: false,
    files: createAcmeFiles(t.testdir()),
    network: pebble.network,
    tlsPort: 0,
    signal: new AbortController().signal,
    answer(token, text) {
      answers.set(challengePath + token, text)
      return () => answers.delete(challengePath + token)
    },
    answerSecurely(challenge) {
      challenges.set(challenge.name, challenge)
      return () => challenges.delete(challenge.name)
    },
  }
  return { needs, answers, challenges }
}

async function serve(
  t: Test,
  port: number,
  answerTo: (url: string) => string | undefined,
): Promise<void> {
  const server = http.createServer(({ url = '' }, response) => response.end(answerTo(url) ?? 'no'))
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
}

const namesIn = (chain: string): string => new X509Certificate(chain).subjectAltName ?? ''

t.test('over HTTP where that answers, after a trial elsewhere', async (t) => {
  const pebble = await startPebble(t)
  const { needs, answers } = needsFor(t, pebble)
  await serve(t, pebble.network.httpPort, (url) => answers.get(url))
  const trial = 'https://localhost:1/dir'
  const failed = await obtainCertificate({ ...needs, wanted: { ...needs.wanted, trial } }).catch((e: unknown) => e) // prettier-ignore
  t.match(failed, { message: /localhost:1 cannot be reached/ })
  t.notMatch(pebble.output(), /new-order|order-plz/, 'the directory that counts was not asked')
  const renewed = await obtainCertificate({ ...needs, isRenewal: true, wanted: { ...needs.wanted, trial } }) // prettier-ignore
  t.equal(namesIn(renewed.chain), 'DNS:hub.test.example', 'a renewal needs no trial')
})

t.test('over TLS where nobody, or somebody else, answers over HTTP', async (t) => {
  const pebble = await startPebble(t)
  const { needs, challenges } = needsFor(t, pebble)
  const { httpPort, tlsPort } = pebble.network
  const ALPNCallback = createProtocolChoice((name) => challenges.get(name))
  const server = tls.createServer({ ...placeholderCertificate(), ALPNCallback })
  await new Promise<void>((resolve) => server.listen(tlsPort, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  t.equal(namesIn((await obtainCertificate({ ...needs, tlsPort })).chain), 'DNS:hub.test.example')
  await serve(t, httpPort, () => 'another web server')
  t.equal(namesIn((await obtainCertificate({ ...needs, tlsPort })).chain), 'DNS:hub.test.example')
})

t.test('what this machine saw is told with what the authority says', async (t) => {
  const { needs } = needsFor(t, await startPebble(t))
  const failed = await obtainCertificate(needs).catch((e: unknown) => e)
  t.match(failed, { name: 'AcmeProblem', type: 'connection' })
  t.match(failed, { message: /refuses for hub\.test\.example \(connection\).*From this machine hub\.test\.example \(127\.0\.0\.1\), port \d+ gives no answer/s }) // prettier-ignore
})

t.test('nobody is asked about a name that leads elsewhere, or nowhere', async (t) => {
  const pebble = await startPebble(t, { names: ['hub.test.example', 'elsewhere.test.example'] })
  const { needs } = needsFor(t, pebble)
  await serve(t, pebble.network.httpPort, () => 'another web server')
  for (const name of ['elsewhere.test.example', 'gone.test.example']) {
    const wanted = { ...needs.wanted, names: [name] }
    const failed = await obtainCertificate({ ...needs, wanted }).catch((e: unknown) => e)
    t.match(failed, { type: 'preflight', message: new RegExp(`${name}.*(?:somebody else answers|does not resolve)`) }) // prettier-ignore
  }
  t.notMatch(pebble.output(), /POST/)
})
