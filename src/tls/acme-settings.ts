/** Which certificate the configuration wants to be obtained, and from whom. */
import { readFileSync } from 'node:fs'
import { asError } from '../lib/errors.ts'
import { AcmeProblem } from './acme-problem.ts'

export type AcmeSettings = {
  readonly enabled: boolean
  readonly tls: { readonly cert: string }
  readonly letsencrypt: {
    readonly email: string
    readonly domains: readonly string[]
    readonly staging: boolean
  }
  readonly acme: { readonly directory: string; readonly trial: string; readonly ca: string }
}

export type WantedCertificate = {
  readonly directory: string
  /** Where a first order is tried before it counts; undefined: nowhere. */
  readonly trial: string | undefined
  readonly names: readonly string[]
  readonly email: string
  /** A file of authorities whose word the machine does not take by itself; empty: none. */
  readonly caFile: string
}

/** @see https://letsencrypt.org/docs/acme-protocol-updates/, https://letsencrypt.org/docs/staging-environment/ */
const letsEncrypt = 'https://acme-v02.api.letsencrypt.org/directory'
const letsEncryptStaging = 'https://acme-staging-v02.api.letsencrypt.org/directory'

/** Undefined: there is nothing to obtain. */
export function wantedCertificate(settings: AcmeSettings): WantedCertificate | undefined {
  const { acme, letsencrypt } = settings
  if (!isAutomatic(settings)) return undefined
  const names = [...new Set(letsencrypt.domains.map((name) => name.toLowerCase()))]
  const directory =
    acme.directory !== '' ? acme.directory : letsencrypt.staging ? letsEncryptStaging : letsEncrypt
  const usual = directory === letsEncrypt ? letsEncryptStaging : undefined
  const trial = acme.trial === '' ? usual : acme.trial
  return { directory, trial, names, email: letsencrypt.email, caFile: acme.ca }
}

/** Whether the certificate is one that the hub gets by itself. */
export const isAutomatic = ({
  enabled,
  tls,
  letsencrypt,
}: Pick<AcmeSettings, 'enabled' | 'tls' | 'letsencrypt'>): boolean =>
  enabled && tls.cert === '' && letsencrypt.domains.length > 0

/** Browsers trust none of those, so nothing may rely on them. */
export const isForTrials = (settings: AcmeSettings): boolean =>
  wantedCertificate(settings)?.directory === letsEncryptStaging

/** @returns PEM; undefined: the authorities that Node knows are enough. @throws {AcmeProblem} */
export function readAuthorities({ caFile }: WantedCertificate): string | undefined {
  if (caFile === '') return undefined
  try {
    return readFileSync(caFile, 'utf8')
  } catch (thrown) {
    throw new AcmeProblem(`https.acme.ca cannot be read: ${asError(thrown).message}.`)
  }
}
