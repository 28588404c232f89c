/** HTTPS is proven by somebody who came in over it, and that is not forgotten. */
import t from 'tap'
import { readFileSync } from 'node:fs'
import { createHttpsProof } from '../../src/core/https-proof.ts'
import { type Certificate } from '../../src/tls/certificate.ts'
import { createAuthority } from '../support/made-certificates.ts'

const authority = createAuthority(t.testdir())
const make = (name: string, names: string[]): Certificate => ({
  cert: readFileSync(authority.sign(name, names).cert, 'utf8'),
  key: '',
  names,
  validFrom: new Date(0),
  validTo: new Date(0),
})

const known = new Map<string, string>()
const facts = { find: (key: string) => known.get(key), set: (key: string, value: string) => void known.set(key, value) } // prettier-ignore

const isTrial = (): boolean => false

t.test('a request to a name of the certificate proves it, over a restart', async (t) => {
  let certificate: Certificate | undefined
  const listeners: (() => void)[] = []
  const certificates = {
    find: () => certificate,
    onChange: (listener: () => void) => void listeners.push(listener),
  }
  const proof = createHttpsProof({ isTrial, certificates, port: 443, facts })
  proof.note('hub.example.org')
  t.notOk(proof.isProven(), 'without a certificate nothing is')
  certificate = make('hub', ['hub.example.org'])
  for (const host of [undefined, '', '192.0.2.7', 'other.example.org:443', '[::1]:443'])
    proof.note(host)
  t.notOk(proof.isProven())
  proof.note('hub.example.org:8443')
  t.ok(proof.isProven())
  t.ok(createHttpsProof({ isTrial, certificates, port: 443, facts }).isProven())
  t.notOk(createHttpsProof({ isTrial, certificates, port: 444, facts }).isProven(), 'of this port')
  certificate = make('next', ['hub.example.org'])
  for (const listener of listeners) listener()
  t.ok(proof.isProven(), 'a renewal changes nothing')
  certificate = make('other', ['other.example.org'])
  for (const listener of listeners) listener()
  t.notOk(proof.isProven(), 'other names do')
})

t.test('a certificate for trials proves nothing, whoever looked away', async (t) => {
  const certificate = make('trial', ['trial.example.org'])
  const certificates = { find: () => certificate, onChange: () => undefined }
  let isForTrials = true
  const proof = createHttpsProof({ certificates, port: 443, facts, isTrial: () => isForTrials })
  proof.note('trial.example.org')
  t.notOk(proof.isProven())
  isForTrials = false
  t.notOk(proof.isProven(), 'nor later')
  proof.note('trial.example.org')
  t.ok(proof.isProven())
  isForTrials = true
  t.notOk(proof.isProven(), 'and it takes back what was proven')
})
