/** Keys and certificates are kept for the hub alone, and never in halves. */
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { createPrivateKey } from 'node:crypto'
import t from 'tap'
import { createAcmeFiles, newKey } from '../../src/tls/acme-files.ts'
import { readCertificate } from '../../src/tls/certificate.ts'
import { createAuthority } from '../support/made-certificates.ts'

const directory = 'https://ca.example.org/directory'

t.test('an account has the same key as long as its authority is the same', async (t) => {
  const dir = t.testdir()
  const pem = (of: string) =>
    createAcmeFiles(dir).accountKey(of).export({ type: 'pkcs8', format: 'pem' })
  const first = pem(directory)
  t.equal(pem(directory), first)
  t.not(pem('https://other.example.org/'), first)
  for (const name of readdirSync(path.join(dir, 'acme')))
    t.equal(statSync(path.join(dir, 'acme', name)).mode & 0o777, 0o600, name)
  const [name = ''] = readdirSync(path.join(dir, 'acme'))
  writeFileSync(path.join(dir, 'acme', name), 'torn')
  t.throws(() => [pem(directory), pem('https://other.example.org/')], /cannot be read as a key; delete it/) // prettier-ignore
})

t.test('key and chain are one file, which TLS takes, and knows where it is from', async (t) => {
  const dir = t.testdir()
  const authority = createAuthority(dir)
  const { cert, key } = authority.sign('one', ['hub.example.org'])
  const made = { key: createPrivateKey(readFileSync(key)), chain: readFileSync(cert, 'utf8') }
  const files = createAcmeFiles(dir)
  t.equal(files.origin(), undefined)
  files.keep({ directory, ...made })
  t.equal(files.origin(), directory)
  t.equal(statSync(files.certificate.cert).mode & 0o777, 0o600)
  const needs = { now: new Date(), host: 'hub.example.org' }
  const { certificate, faults } = readCertificate(files.certificate, needs)
  t.same(faults, [])
  t.same(certificate?.names, ['hub.example.org'])
})

t.test('what does not belong to the key is refused, and the one before stays', async (t) => {
  const dir = t.testdir()
  const authority = createAuthority(dir)
  const { cert, key } = authority.sign('one', ['hub.example.org'])
  const chain = readFileSync(cert, 'utf8')
  const files = createAcmeFiles(dir)
  files.keep({ directory, key: createPrivateKey(readFileSync(key)), chain })
  for (const other of [chain, 'no PEM', ''])
    t.throws(() => files.keep({ directory: 'https://b.org/', key: newKey(), chain: other }), /something else/) // prettier-ignore
  t.equal(files.origin(), directory)
})
