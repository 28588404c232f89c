/** Requests to a real authority (pebble), which refuses nonces for no reason. */
import { generateKeyPairSync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import t from 'tap'
import { createAcmeSigner } from '../../src/tls/acme-jws.ts'
import { createAcmeTransport } from '../../src/tls/acme-transport.ts'
import { startPebble, type Pebble } from '../support/pebble.ts'

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const signer = createAcmeSigner(privateKey)
const { signal } = new AbortController()
const transportTo = ({ directory, caFile }: Pebble, url = directory) =>
  createAcmeTransport({ url, signer, ca: readFileSync(caFile, 'utf8'), signal })
const payload = { termsOfServiceAgreed: true }

/** So many that one of ten nonces is surely refused; six in a row hardly ever are. */
const requestCount = 120

t.test('a nonce that is refused is replaced, without a word', async (t) => {
  const pebble = await startPebble(t, { refusedNonces: 10 })
  const transport = transportTo(pebble)
  const { newAccount } = await transport.directory()
  for (let requests = 0; requests < requestCount; requests += 1)
    t.match(await transport.post(newAccount, { payload }), { status: requests === 0 ? 201 : 200 })
  const posts = pebble.output().match(/POST \/sign-me-up/g)?.length ?? 0
  t.ok(posts > requestCount, `${posts} requests for ${requestCount} answers`)
})

t.test('an authority that refuses every nonce is given up on', async (t) => {
  const transport = transportTo(await startPebble(t, { refusedNonces: 100 }))
  const { newAccount } = await transport.directory()
  t.match(await transport.post(newAccount, { payload }).catch((e: unknown) => e), { name: 'AcmeProblem', type: 'badNonce' }) // prettier-ignore
})

t.test('what is refused comes with what the authority says', async (t) => {
  const transport = transportTo(await startPebble(t))
  const { newAccount, newOrder } = await transport.directory()
  t.match(await transport.post(newAccount, { payload: {} }).catch((e: unknown) => e), { message: /did not agree to the terms/ }) // prettier-ignore
  t.match(await transport.post(newOrder, { payload: {}, account: 'https://nobody' }).catch((e: unknown) => e), { name: 'AcmeProblem' }) // prettier-ignore
})

t.test('an address that is no directory is told with its setting', async (t) => {
  const pebble = await startPebble(t)
  const transport = transportTo(pebble, pebble.directory.replace('/dir', '/nothing'))
  t.match(await transport.directory().catch((e: unknown) => e), { message: /is no directory of a certificate authority: it answers 404\. Look at https\.acme\.directory/ }) // prettier-ignore
})
