/** What keeps browsers from a certificate is told before they meet it. */
import { chmodSync, copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import {
  isCertificateFor,
  readCertificate,
  type CertificateFiles,
} from '../../src/tls/certificate.ts'
import { DAY } from '../../src/lib/time.ts'
import { rootOnly } from '../spawn/support.ts'
import { temporaryFolder } from '../support/hub.ts'
import { createAuthority } from '../support/made-certificates.ts'

const dir = t.testdir()
const authority = createAuthority(dir)
const good = authority.sign('good', ['hub.example.org', '*.lab.example.org', '192.0.2.7'])
const other = authority.sign('other', ['other.example.org'])
const inDays = (days: number): Date => new Date(Date.now() + days * DAY)

const read = (files: CertificateFiles, host?: string, now = new Date()) =>
  readCertificate(files, { now, host })
const faultsOf = (files: CertificateFiles, host?: string, now?: Date): string[] =>
  read(files, host, now).faults.map(({ file, sentence }) => `${file} ${sentence}`)

t.test('a good one is read with its names and its life', async (t) => {
  const { certificate, faults } = read(good, 'hub.example.org')
  t.same(faults, [])
  t.same(certificate?.names, ['hub.example.org', '*.lab.example.org', '192.0.2.7'])
  t.equal(certificate?.cert, readFileSync(good.cert, 'utf8'))
  t.ok(certificate && certificate.validTo > inDays(89) && certificate.validTo < inDays(91))
})

t.test('it is for its names, and for no other', async (t) => {
  for (const host of ['hub.example.org', 'a.lab.example.org', '192.0.2.7'])
    t.same(faultsOf(good, host), [], host)
  for (const host of ['example.org', 'a.b.lab.example.org', '192.0.2.8', 'good'])
    t.match(faultsOf(good, host), [new RegExp(`^cert is for hub.example.org,.* not for ${host}`)])
  for (const host of [
    '',
    '.',
    '..',
    'a b',
    'ü',
    '*',
    'hub.example.org.',
    '-',
    '[::1]',
    '::1',
    '192.0.2',
  ])
    t.notOk(isCertificateFor({ cert: readFileSync(good.cert, 'utf8') }, host), host)
  t.ok(isCertificateFor({ cert: readFileSync(good.cert, 'utf8') }, 'HUB.example.org'))
})

t.test('a key of another certificate is refused', async (t) => {
  const { certificate, faults } = read({ cert: good.cert, key: other.key })
  t.equal(certificate, undefined)
  t.match(faults, [{ file: 'key', sentence: /not the key of this certificate/ }])
})

t.test('a key that root keeps to itself is told, with what to do about it', rootOnly, async (t) => {
  const folder = temporaryFolder(t)
  const [cert, key] = [path.join(folder, 'cert.pem'), path.join(folder, 'key.pem')]
  copyFileSync(good.cert, cert)
  copyFileSync(good.key, key)
  chmodSync(key, 0o600)
  process.seteuid?.('nobody')
  try {
    t.match(faultsOf({ cert, key }), [
      `key cannot be read by the account of the hub; run: chgrp littlehub ${key} && chmod g+r`,
    ])
  } finally {
    process.seteuid?.(0)
  }
})

t.test('files that are missing, swapped or damaged are told apart', async (t) => {
  const nothing = path.join(dir, 'nothing')
  t.match(faultsOf({ cert: nothing, key: nothing }), [
    /^cert cannot be read/,
    /^key cannot be read/,
  ])
  t.match(faultsOf({ cert: good.key, key: good.cert }), [
    /^key can be read by everybody/,
    /^key holds no private key/,
    /^cert holds no/,
  ])
  const broken = path.join(dir, 'broken')
  writeFileSync(broken, '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n')
  t.match(faultsOf({ cert: broken, key: good.key }), [/^cert is damaged/])
  writeFileSync(broken, '-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n', { mode: 0o600 }) // prettier-ignore
  chmodSync(broken, 0o600)
  t.match(faultsOf({ cert: good.cert, key: broken }), [/^key is protected by a passphrase/])
})

t.test('a key that everybody can read is refused with the remedy', async (t) => {
  t.teardown(() => chmodSync(good.key, 0o600))
  for (const mode of [0o644, 0o604, 0o602]) {
    chmodSync(good.key, mode)
    t.match(faultsOf(good), [/^key can be read by everybody.*run: chmod 600 /], mode.toString(8))
  }
  chmodSync(good.key, 0o640)
  t.same(faultsOf(good), [], 'a group of its own may')
})

t.test('one that has expired, or is not valid yet, is told with the day', async (t) => {
  const expired = read(good, undefined, inDays(100))
  t.match(expired.faults, [
    { isExpiry: true, sentence: /^has expired on \d{4}-\d\d-\d\d; renew it/ },
  ])
  t.ok(expired.certificate, 'it can be used, should nobody mind')
  t.match(faultsOf(good, undefined, inDays(-10)), [/^cert is valid from .* clock/])
})

t.test('one that expires soon is a warning, in the last fourteen days', async (t) => {
  const warnings = (days: number): readonly string[] => read(good, undefined, inDays(days)).warnings
  t.same(
    warnings(70).filter((one) => one.includes('expires')),
    [],
  )
  t.match(warnings(80), [/expires on/])
})

t.test('the chain has an order, and an end that browsers know', async (t) => {
  const middle = authority.sign('middle', ['middle'], { isAuthority: true })
  const right = { cert: authority.chain('right', good, authority.root), key: good.key }
  t.same(read(right).faults, [])
  t.same(read(right).warnings, [])
  const wrong = { cert: authority.chain('wrong', good, middle, authority.root), key: good.key }
  t.match(faultsOf(wrong), [/^cert is out of order: number 2 in it did not sign number 1/])
  const backwards = { cert: authority.chain('backwards', authority.root, good), key: good.key }
  t.match(faultsOf(backwards), [/^key is not the key/, /^cert is out of order/])
  t.match(read(good).warnings, [/chain of the certificate may be incomplete/])
  t.match(read(authority.root).warnings, [/signed by itself/])
})
