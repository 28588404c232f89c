/** The certificate of the configuration: refused with everything that is wrong with it. */
import t from 'tap'
import { DAY } from '../../src/lib/time.ts'
import {
  checkOwnCertificate,
  checkOwnCertificateAtStart,
  publicHost,
} from '../../src/tls/own-certificate.ts'
import { createAuthority } from '../support/made-certificates.ts'

const authority = createAuthority(t.testdir())
const files = authority.sign('hub', ['hub.example.org'])
const settings = (tls = files, public_url = 'https://hub.example.org', enabled = true) => ({
  public_url,
  https: { enabled, tls },
})
const later = new Date(Date.now() + 100 * DAY)

t.test('a good one passes with what should not stay so', async (t) => {
  t.match(checkOwnCertificate(settings(), new Date()), [/^https\.tls\.cert: the chain/])
  t.same(checkOwnCertificate(settings({ cert: '', key: '' }), new Date()), [], 'none is looked at')
})

t.test('what is wrong is told with its file and its setting', async (t) => {
  const wrong = settings({ cert: files.cert, key: authority.root.key }, 'https://other.example.org')
  const thrown = t.throws(() => checkOwnCertificate(wrong, new Date()), { name: 'ConfigError' })
  t.match(thrown, { message: /hub\.pem: https\.tls\.cert: is for hub\.example\.org/ })
  t.match(thrown, { message: /root\.key: https\.tls\.key: is not the key/ })
  t.same(checkOwnCertificate({ ...wrong, https: { ...wrong.https, enabled: false } }, later), [])
})

t.test('an expired one is refused, but does not keep a hub from starting', async (t) => {
  t.throws(() => checkOwnCertificate(settings(), later), { message: /has expired on/ })
  t.match(checkOwnCertificateAtStart(settings(), later), [/the certificate has expired/])
  const wrong = settings({ cert: files.cert, key: authority.root.key })
  t.throws(() => checkOwnCertificateAtStart(wrong, later), { name: 'ConfigError' })
})

t.test('the public host has neither port nor brackets', async (t) => {
  t.equal(publicHost({ public_url: '' }), undefined)
  t.equal(publicHost({ public_url: 'https://hub.example.org:8443' }), 'hub.example.org')
  t.equal(publicHost({ public_url: 'https://[2001:db8::1]:8443' }), '2001:db8::1')
})
