/** What is asked for, and what answers a challenge, as OpenSSL and Node read it. */
import { execFileSync } from 'node:child_process'
import { createHash, createPrivateKey, generateKeyPairSync, X509Certificate } from 'node:crypto'
import t from 'tap'
import { challengeCertificate, requestCertificate } from '../../src/tls/certificate-request.ts'

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const names = ['hub.example.org', 'www.hub.example.org']

t.test('OpenSSL verifies the request and reads every name in it', async (t) => {
  const input = requestCertificate(privateKey, names)
  const words = ['req', '-inform', 'DER', '-verify', '-noout', '-text']
  const text = execFileSync('openssl', words, { input, stdio: 'pipe' }).toString()
  t.match(text, /DNS:hub\.example\.org, DNS:www\.hub\.example\.org/)
  t.match(text, /Signature Algorithm: ecdsa-with-SHA256/)
  t.match(text, /Subject: *\n/, 'no common name')
})

t.test('a request that was changed does not verify', async (t) => {
  const input = requestCertificate(privateKey, names)
  input[input.indexOf('hub.')] = 'p'.charCodeAt(0)
  const words = ['req', '-inform', 'DER', '-verify', '-noout']
  const said = (): string => execFileSync('sh', ['-c', `openssl ${words.join(' ')} 2>&1 || true`], { input }).toString() // prettier-ignore
  t.match(said(), /failure/i)
})

t.test('the certificate of a challenge holds its digest, critically', async (t) => {
  const digest = createHash('sha256').update('token.thumbprint').digest()
  const now = new Date()
  const pem = challengeCertificate(privateKey, { name: 'hub.example.org', digest, now })
  const made = new X509Certificate(pem)
  t.equal(made.subjectAltName, 'DNS:hub.example.org')
  t.ok(made.checkPrivateKey(createPrivateKey(privateKey.export({ type: 'pkcs8', format: 'pem' }))))
  t.ok(made.verify(made.publicKey))
  t.ok(made.validFromDate < now && made.validToDate > now)
  const text = execFileSync('openssl', ['x509', '-noout', '-text'], { input: pem }).toString()
  t.match(text, /1\.3\.6\.1\.5\.5\.7\.1\.31: critical/)
  t.ok(made.raw.includes(Buffer.concat([Buffer.from([4, 34, 4, 32]), digest])))
})

t.test('it can be read whatever its length, also where its last line is a full one', async (t) => {
  const digest = createHash('sha256').update('token.thumbprint').digest()
  const now = new Date()
  for (let length = 1; length <= 60; length++) {
    const name = `${'a'.repeat(length)}.example.org`
    const pem = challengeCertificate(privateKey, { name, digest, now })
    t.notMatch(pem, /\n\n/, name)
    t.equal(new X509Certificate(pem).subjectAltName, `DNS:${name}`)
  }
})
