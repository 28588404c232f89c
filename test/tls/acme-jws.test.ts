/** Requests are signed so that whoever knows the key can check them. */
import { createHash, createPublicKey, generateKeyPairSync, verify } from 'node:crypto'
import t from 'tap'
import { createAcmeSigner } from '../../src/tls/acme-jws.ts'

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const signer = createAcmeSigner(privateKey)
const opened = (text: string) => {
  const { protected: head, payload, signature } = JSON.parse(text) as Record<string, string>
  const isGenuine = verify(
    'sha256',
    Buffer.from(`${head ?? ''}.${payload ?? ''}`),
    { key: createPublicKey(privateKey), dsaEncoding: 'ieee-p1363' },
    Buffer.from(signature ?? '', 'base64url'),
  )
  return { head: JSON.parse(Buffer.from(head ?? '', 'base64url').toString()), payload, isGenuine }
}
const jwk = createPublicKey(privateKey).export({ format: 'jwk' })
const request = { url: 'https://ca.example.org/new', nonce: 'n1' }

t.test('the first request names the key, those after it the account', async (t) => {
  const first = opened(signer.sign({ ...request, payload: { a: 1 } }))
  t.ok(first.isGenuine)
  t.same(first.head, { alg: 'ES256', jwk, nonce: 'n1', url: request.url })
  t.equal(Buffer.from(first.payload ?? '', 'base64url').toString(), '{"a":1}')
  const next = opened(signer.sign({ ...request, account: 'https://ca.example.org/1', payload: {} }))
  t.same(next.head, {
    alg: 'ES256',
    kid: 'https://ca.example.org/1',
    nonce: 'n1',
    url: request.url,
  })
})

t.test('what only reads has an empty payload', async (t) => {
  t.match(opened(signer.sign({ ...request, account: 'x' })), { payload: '', isGenuine: true })
})

t.test('a challenge is answered with the thumbprint of the key (RFC 7638)', async (t) => {
  const { crv, kty, x, y } = jwk
  const digest = createHash('sha256').update(JSON.stringify({ crv, kty, x, y })).digest('base64url')
  t.equal(signer.keyAuthorization('token'), `token.${digest}`)
})
