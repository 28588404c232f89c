/** A certificate with its private key, as files hold them: read, and looked at for what keeps browsers away. */
import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { isIP } from 'node:net'
import { createSecureContext, rootCertificates } from 'node:tls'
import { asError, errorCode } from '../lib/errors.ts'
import { DAY } from '../lib/time.ts'

export type CertificateFiles = { readonly cert: string; readonly key: string }

export type Certificate = {
  /** PEM: the certificate itself, then those that lead from it to a root. */
  readonly cert: string
  readonly key: string
  /** DNS names, and addresses, that it is for. */
  readonly names: readonly string[]
  readonly validFrom: Date
  readonly validTo: Date
}

export type CertificateFault = {
  readonly file: keyof CertificateFiles
  readonly sentence: string
  /** It was fine once: only time has passed. */
  readonly isExpiry?: boolean
}

export type CertificateReading = {
  /** None: it cannot be used at all. */
  readonly certificate: Certificate | undefined
  readonly faults: readonly CertificateFault[]
  /** Sentences about what works, but not for everybody, or not for long. */
  readonly warnings: readonly string[]
}

export type ReadingNeeds = {
  readonly now: Date
  /** The name that people use; undefined: not known. */
  readonly host: string | undefined
}

/** Below this an operator should act: whatever was to renew it has not. */
const lateMs = 14 * DAY

export function readCertificate(files: CertificateFiles, needs: ReadingNeeds): CertificateReading {
  const faults: CertificateFault[] = []
  const cert = textOf(files, 'cert', faults)
  const key = textOf(files, 'key', faults)
  const unusable = { certificate: undefined, faults, warnings: [] }
  if (cert === undefined || key === undefined) return unusable
  faults.push(...exposure(files.key))
  const privateKey = keyOf(key, faults)
  const chain = chainOf(cert, faults)
  const [leaf] = chain
  if (!leaf) return unusable
  faults.push(...faultsOf(chain, privateKey, needs))
  if (faults.length === 0) faults.push(...refusalOfTls(cert, key))
  const certificate = faults.length === 0 ? { cert, key, ...factsOf(leaf) } : undefined
  const expiry = expiryFault(leaf, needs.now)
  const warnings = expiry ? [] : warningsAbout(chain, needs.now)
  return { certificate, faults: expiry ? [...faults, expiry] : faults, warnings }
}

function faultsOf(
  chain: readonly X509Certificate[],
  key: KeyObject | undefined,
  { host }: ReadingNeeds,
): CertificateFault[] {
  const [leaf] = chain
  if (!leaf) return []
  const isOther = key !== undefined && !leaf.checkPrivateKey(key)
  const sentence = 'is not the key of this certificate; take the one it was requested with.'
  return [
    ...(isOther ? [{ file: 'key', sentence } as const] : []),
    ...inCert(disorder(chain)),
    ...inCert(otherName(leaf, host)),
  ]
}

const inCert = (sentence: string | undefined): CertificateFault[] =>
  sentence === undefined ? [] : [{ file: 'cert', sentence }]

function textOf(
  files: CertificateFiles,
  file: keyof CertificateFiles,
  faults: CertificateFault[],
): string | undefined {
  try {
    return readFileSync(files[file], 'utf8')
  } catch (thrown) {
    faults.push({ file, sentence: unreadable(files[file], thrown) })
    return undefined
  }
}

/** A hub that is not root: whoever set it up was. */
function unreadable(file: string, thrown: unknown): string {
  if (errorCode(thrown) !== 'EACCES') return `cannot be read: ${asError(thrown).message}.`
  return `cannot be read by the account of the hub; run: chgrp littlehub ${file} && chmod g+r ${file}, and see that this group may pass through the folders above it (chmod g+x).`
}

const pemCertificate = /-----BEGIN CERTIFICATE-----[^]*?-----END CERTIFICATE-----/g

function chainOf(text: string, faults: CertificateFault[]): X509Certificate[] {
  const found = text.match(pemCertificate)
  if (found === null) {
    faults.push(...inCert('holds no certificate; it begins with BEGIN CERTIFICATE.'))
    return []
  }
  try {
    return found.map((pem) => new X509Certificate(pem))
  } catch {
    faults.push(...inCert('is damaged: it cannot be read as certificates.'))
    return []
  }
}

function keyOf(text: string, faults: CertificateFault[]): KeyObject | undefined {
  try {
    return createPrivateKey(text)
  } catch {
    const isEncrypted = text.includes('ENCRYPTED')
    const sentence = isEncrypted
      ? 'is protected by a passphrase, which nobody could type at a start; save it without one.'
      : 'holds no private key that can be read; it begins with BEGIN PRIVATE KEY.'
    faults.push({ file: 'key', sentence })
    return undefined
  }
}

/** A group may read it, as Debian's ssl-cert does: whoever is in there was put in there. */
function exposure(file: string): CertificateFault[] {
  const mode = statSync(file).mode & 0o777
  if ((mode & 0o007) === 0) return []
  const sentence = `can be read by everybody (its mode is 0${mode.toString(8)}); run: chmod 600 ${file}`
  return [{ file: 'key', sentence }]
}

/** The server's own first, each one signed by the one after it (RFC 8446 §4.4.2). */
function disorder(chain: readonly X509Certificate[]): string | undefined {
  const wrong = chain.findIndex((one, index) => {
    const next = chain[index + 1]
    return next !== undefined && !(one.checkIssued(next) && one.verify(next.publicKey))
  })
  if (wrong < 0) return undefined
  return `is out of order: number ${wrong + 2} in it did not sign number ${wrong + 1}. The own certificate comes first, then the one that signed it, and so on.`
}

/** What only shows when it is used, such as a key too small. */
function refusalOfTls(cert: string, key: string): CertificateFault[] {
  try {
    createSecureContext({ cert, key })
    return []
  } catch (thrown) {
    return inCert(`cannot be used: ${asError(thrown).message}.`)
  }
}

function otherName(leaf: X509Certificate, host: string | undefined): string | undefined {
  if (host === undefined || isFor(leaf, host)) return undefined
  return `is for ${namesOf(leaf).join(', ') || 'no name'}, and not for ${host}, which people use (\`public_url\`).`
}

/** What is no name at all is no mistake of the certificate: clients say what they like. */
function isFor(leaf: X509Certificate, host: string): boolean {
  if (isIP(host) > 0) return leaf.checkIP(host) !== undefined
  return /^[\w.-]+$/.test(host) && leaf.checkHost(host, { subject: 'never' }) !== undefined
}

/** Whether a browser that was told to open `host` takes it. */
export const isCertificateFor = ({ cert }: Pick<Certificate, 'cert'>, host: string): boolean =>
  isFor(new X509Certificate(cert), host)

function namesOf({ subjectAltName }: X509Certificate): string[] {
  const entries = (subjectAltName ?? '').split(', ')
  return entries.flatMap((entry) => /^(?:DNS|IP Address):(.+)$/.exec(entry)?.[1] ?? [])
}

const factsOf = (leaf: X509Certificate): Pick<Certificate, 'names' | 'validFrom' | 'validTo'> => ({
  names: namesOf(leaf),
  validFrom: leaf.validFromDate,
  validTo: leaf.validToDate,
})

const dayOf = (date: Date): string => date.toISOString().slice(0, 10)

function expiryFault(leaf: X509Certificate, now: Date): CertificateFault | undefined {
  const { validFromDate: from, validToDate: to } = leaf
  if (now > to)
    return { file: 'cert', isExpiry: true, sentence: `has expired on ${dayOf(to)}; renew it.` }
  if (now.getTime() >= from.getTime() - DAY) return undefined
  const sentence = `is valid from ${dayOf(from)} only; is the clock of this machine right?`
  return { file: 'cert', isExpiry: true, sentence }
}

function warningsAbout(chain: readonly X509Certificate[], now: Date): string[] {
  const [leaf] = chain
  const last = chain.at(-1)
  if (!leaf || !last) return []
  const leftMs = leaf.validToDate.getTime() - now.getTime()
  const isShort = leaf.validToDate.getTime() - leaf.validFromDate.getTime() < 2 * lateMs
  return [
    ...(leftMs < lateMs && !isShort
      ? [`the certificate expires on ${dayOf(leaf.validToDate)}; renew it.`]
      : []),
    ...(isRoot(leaf)
      ? ['the certificate is signed by itself, so browsers warn of it.']
      : !isRoot(last) && !isSignedByKnownRoot(last)
        ? ['the chain of the certificate may be incomplete; put those that signed it behind it.']
        : []),
  ]
}

const isRoot = (one: X509Certificate): boolean => one.checkIssued(one)

const isSignedByKnownRoot = (last: X509Certificate): boolean =>
  rootCertificates.some((pem) => last.checkIssued(new X509Certificate(pem)))
