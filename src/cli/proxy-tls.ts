/** What `littlehub proxy` is told about TLS, read and checked: in front, at its API, and towards servers. */
import { readFileSync } from 'node:fs'
import { createSecureContext, type SecureVersion, type TlsOptions } from 'node:tls'
import { asError } from '../lib/errors.ts'
import { type ClientTls } from '../proxy/routes.ts'
import { UsageError, type Call } from './command.ts'

/** `''` is the front. */
export type Side = '' | 'api-'

const passphrases = {
  '': 'CONFIGPROXY_SSL_KEY_PASSPHRASE',
  'api-': 'CONFIGPROXY_API_SSL_KEY_PASSPHRASE',
} as const

/** @returns undefined: it speaks plain HTTP. @throws {UsageError} */
export function serverTls(call: Call, side: Side): TlsOptions | undefined {
  if (call.isSet('ssl-allow-rc4'))
    throw wrong('--ssl-allow-rc4 is not supported: RC4 is broken, and the TLS library has none.')
  const [key, cert] = [read(call, `${side}ssl-key`), read(call, `${side}ssl-cert`)]
  if (key === undefined && cert === undefined) return undefined
  if (key === undefined || cert === undefined)
    throw wrong(`--${side}ssl-key and --${side}ssl-cert belong together.`)
  const ca = read(call, `${side}ssl-ca`)
  const dhparam = read(call, 'ssl-dhparam')
  const ciphers = call.text('ssl-ciphers')
  const passphrase = call.terminal.environment[passphrases[side]]
  const options: TlsOptions = {
    ...{ key, cert, requestCert: call.isSet(`${side}ssl-request-cert`), ...versions(call) },
    ...(ca === undefined ? {} : { ca }),
    ...(dhparam === undefined ? {} : { dhparam }),
    ...(ciphers === undefined ? {} : { ciphers, honorCipherOrder: true }),
    ...(passphrase === undefined ? {} : { passphrase }),
  }
  return checked(options, `${side}ssl`)
}

/** @returns undefined: what this machine trusts. @throws {UsageError} */
export function clientTls(call: Call): ClientTls | undefined {
  const [key, cert] = [read(call, 'client-ssl-key'), read(call, 'client-ssl-cert')]
  const ca = read(call, 'client-ssl-ca')
  const options: ClientTls = {
    ...(key === undefined ? {} : { key }),
    ...(cert === undefined ? {} : { cert }),
    ...(ca === undefined ? {} : { ca }),
    ...(call.isSet('insecure') ? { rejectUnauthorized: false } : {}),
  }
  return Object.keys(options).length === 0 ? undefined : checked(options, 'client-ssl')
}

const known: Readonly<Record<string, SecureVersion>> = { TLSv1_2: 'TLSv1.2', TLSv1_3: 'TLSv1.3' }

/** @throws {UsageError} */
function versions(call: Call): { minVersion?: SecureVersion; maxVersion?: SecureVersion } {
  const name = call.text('ssl-protocol')
  if (name === undefined) return {}
  const version = known[name]
  if (version === undefined)
    throw wrong(`--ssl-protocol ${name} is not supported: ${Object.keys(known).join(' or ')} is.`)
  return { minVersion: version, maxVersion: version }
}

/** @throws {UsageError} */
function read(call: Call, option: string): string | undefined {
  const file = call.text(option)
  if (file === undefined) return undefined
  try {
    return readFileSync(file, 'utf8')
  } catch (thrown) {
    throw wrong(`--${option} ${file} cannot be read: ${asError(thrown).message}`)
  }
}

/** A key that is not the certificate's is told now, not at the first handshake. @throws {UsageError} */
function checked<Options extends TlsOptions | ClientTls>(options: Options, what: string): Options {
  try {
    createSecureContext(options)
    return options
  } catch (thrown) {
    throw wrong(`What --${what}-… name does not fit together: ${asError(thrown).message}`)
  }
}

const wrong = (sentence: string): UsageError => new UsageError(sentence, 'proxy')
