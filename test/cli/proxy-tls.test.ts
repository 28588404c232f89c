/** What `littlehub proxy` is told about TLS. */
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import t, { type Test } from 'tap'
import { parseCall } from '../../src/cli/parse.ts'
import { proxyOptions } from '../../src/cli/proxy-options.ts'
import { clientTls, serverTls, type Side } from '../../src/cli/proxy-tls.ts'
import { type Terminal } from '../../src/cli/terminal.ts'
import { certificate, privateKey } from '../support/certificate.ts'
import { temporaryFolder } from '../support/hub.ts'
import { createAuthority } from '../support/made-certificates.ts'

function callOf(...words: string[]) {
  const command = { name: 'proxy', summary: '', operands: [], options: proxyOptions }
  const terminal = { environment: {} } as unknown as Terminal
  return parseCall({ ...command, run: () => Promise.resolve(0) }, words, terminal)
}

function filesOf(t: Test): Record<'key' | 'cert', string> {
  const folder = temporaryFolder(t)
  const [key, cert] = [path.join(folder, 'key.pem'), path.join(folder, 'cert.pem')]
  writeFileSync(key, privateKey)
  writeFileSync(cert, certificate)
  return { key, cert }
}

t.test('key, certificate and what is asked of clients are read for either side', async (t) => {
  const { key, cert } = filesOf(t)
  for (const side of ['', 'api-'] as Side[]) {
    const words = [`--${side}ssl-key`, key, `--${side}ssl-cert`, cert, `--${side}ssl-ca`, cert]
    t.match(serverTls(callOf(...words, `--${side}ssl-request-cert`), side), {
      key: privateKey,
      cert: certificate,
      ca: certificate,
      requestCert: true,
    })
    t.equal(serverTls(callOf(...words), side)?.requestCert, false)
  }
  t.equal(serverTls(callOf(), ''), undefined)
})

t.test('protocol and ciphers are what was asked for', async (t) => {
  const { key, cert } = filesOf(t)
  const words = ['--ssl-key', key, '--ssl-cert', cert]
  t.match(serverTls(callOf(...words, '--ssl-protocol', 'TLSv1_2', '--ssl-ciphers', 'HIGH'), ''), {
    minVersion: 'TLSv1.2',
    maxVersion: 'TLSv1.2',
    ciphers: 'HIGH',
  })
})

t.test('what does not fit is told before anything starts', async (t) => {
  const { key, cert } = filesOf(t)
  const other = createAuthority(temporaryFolder(t)).root.key
  const refused: [string[], RegExp][] = [
    [['--ssl-key', key], /belong together/],
    [['--ssl-key', '/none', '--ssl-cert', cert], /cannot be read/],
    [['--ssl-key', other, '--ssl-cert', cert], /does not fit together/],
    [['--ssl-key', key, '--ssl-cert', cert, '--ssl-protocol', 'SSLv3'], /not supported/],
    [['--ssl-allow-rc4'], /RC4 is broken/],
  ]
  for (const [words, sentence] of refused)
    t.throws(() => serverTls(callOf(...words), ''), { name: 'UsageError', message: sentence })
})

t.test('towards servers it shows its certificate and trusts whom it is told', async (t) => {
  const { key, cert } = filesOf(t)
  const words = ['--client-ssl-key', key, '--client-ssl-cert', cert, '--client-ssl-ca', cert]
  t.same(clientTls(callOf(...words, '--client-ssl-request-cert')), {
    key: privateKey,
    cert: certificate,
    ca: certificate,
  })
  t.equal(clientTls(callOf()), undefined)
  t.same(clientTls(callOf('--insecure')), { rejectUnauthorized: false })
})
