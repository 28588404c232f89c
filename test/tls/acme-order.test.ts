/** Orders at a real authority (pebble). */
import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import http from 'node:http'
import t, { type Test } from 'tap'
import { newKey } from '../../src/tls/acme-files.ts'
import { createAcmeSigner } from '../../src/tls/acme-jws.ts'
import { orderCertificate, type Challenge, type OrderNeeds } from '../../src/tls/acme-order.ts'
import { challengePath } from '../../src/tls/acme-preflight.ts'
import { createAcmeTransport } from '../../src/tls/acme-transport.ts'
import { startPebble, type PebbleOptions } from '../support/pebble.ts'

const names = ['hub.test.example', 'www.test.example']

async function prepare(t: Test, options: PebbleOptions = {}) {
  const pebble = await startPebble(t, { names, ...options })
  const answers = new Map<string, string>()
  const server = http.createServer(({ url = '' }, response) =>
    response.end(answers.get(url) ?? 'x'),
  )
  await new Promise<void>((resolve) => server.listen(pebble.network.httpPort, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const key = newKey()
  const { signal } = new AbortController()
  const order = (changes: Partial<OrderNeeds> = {}) => {
    const signer = createAcmeSigner(key)
    const ca = readFileSync(pebble.caFile, 'utf8')
    return orderCertificate({
      transport: createAcmeTransport({ url: pebble.directory, signer, ca, signal }),
      ...{ signer, names, email: '', key: newKey(), challenge: 'http-01', signal },
      answer({ token, keyAuthorization }: Challenge) {
        answers.set(challengePath + token, keyAuthorization)
        return () => answers.delete(challengePath + token)
      },
      ...changes,
    })
  }
  const accounts = (): string[] =>
    [...pebble.output().matchAll(/There are now (\d+) accounts/g)].map((found) => found[1] ?? '')
  return { order, answers, pebble, server, accounts }
}

t.test('the chain is for all names and for the key, and answers end with it', async (t) => {
  const { order, answers } = await prepare(t)
  const key = newKey()
  const chain = await order({ key })
  const leaf = new X509Certificate(chain)
  t.same(
    leaf.subjectAltName?.split(', ').sort(),
    names.map((name) => `DNS:${name}`),
  )
  t.ok(leaf.checkPrivateKey(key))
  t.match(chain.match(/BEGIN CERTIFICATE/g), { length: 2 }, 'with who signed it')
  t.equal(answers.size, 0)
})

t.test('the account is the same the next time, also when its address changes', async (t) => {
  const { order, accounts } = await prepare(t, { reused: 100 })
  await order({ names: ['hub.test.example'] })
  await order({ names: ['hub.test.example'], email: 'teacher@test.example' })
  await order({ names: ['hub.test.example'] })
  t.same(accounts(), ['1'])
})

t.test('an authority that finds something else says so, with the name', async (t) => {
  const { order } = await prepare(t)
  const wrong = { names: ['hub.test.example'], answer: () => () => undefined }
  const refused = await order(wrong).catch((e: unknown) => e)
  t.match(refused, { name: 'AcmeProblem', type: /unauthorized|incorrectResponse/ })
  t.match(refused, { message: /refuses for hub\.test\.example .*let the name point at this machine/ }) // prettier-ignore
})

t.test('a name that the authority cannot look up is told as such', async (t) => {
  const { order } = await prepare(t)
  const refused = await order({ names: ['gone.test.example'] }).catch((e: unknown) => e)
  t.match(refused, { name: 'AcmeProblem', message: /refuses for gone\.test\.example/ })
})

t.test('it ends at once when the hub stops', async (t) => {
  const { order, server } = await prepare(t)
  const stopping = new AbortController()
  // The authority looks, gets no answer for now, and so the order waits for what it finds.
  server.removeAllListeners('request')
  server.on('request', () => stopping.abort(new Error('the hub stops')))
  const ended = await order({ signal: stopping.signal }).catch((e: unknown) => e)
  t.match(ended, { message: 'the hub stops' })
})
