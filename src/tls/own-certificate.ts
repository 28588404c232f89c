/** The certificate that the configuration names: looked at before anything relies on it. */
import { ConfigError } from '../lib/errors.ts'
import { readCertificate, type CertificateFiles } from './certificate.ts'

export type CertificateSettings = {
  readonly public_url: string
  readonly https: { readonly enabled: boolean; readonly tls: CertificateFiles }
}

/** The host that people are told to open; undefined: they find it by themselves. */
export const publicHost = ({ public_url: url }: Pick<CertificateSettings, 'public_url'>) =>
  url === '' ? undefined : new URL(url).hostname.replace(/^\[|\]$/g, '')

/**
 * @returns sentences about what works, but not for everybody, or not for long.
 * @throws {ConfigError} that says everything that is wrong with it.
 */
export function checkOwnCertificate(settings: CertificateSettings, now: Date): string[] {
  return check(settings, now, () => true)
}

/**
 * The same for a hub that starts: one that has expired while it ran keeps nobody from their work, since browsers let
 * people decide, and the log says what is wrong.
 */
export function checkOwnCertificateAtStart(settings: CertificateSettings, now: Date): string[] {
  return check(settings, now, (isExpiry) => !isExpiry)
}

function check(
  settings: CertificateSettings,
  now: Date,
  isGrave: (isExpiry: boolean) => boolean,
): string[] {
  const { enabled, tls } = settings.https
  if (!enabled || tls.cert === '') return []
  const { faults, warnings } = readCertificate(tls, { now, host: publicHost(settings) })
  const grave = faults.filter(({ isExpiry = false }) => isGrave(isExpiry))
  if (grave.length > 0)
    throw new ConfigError(
      grave.map(({ file, sentence }) => ({
        source: tls[file],
        key: `https.tls.${file}`,
        sentence,
      })),
    )
  const others = faults.map(({ sentence }) => `the certificate ${sentence}`)
  return [...others, ...warnings].map((sentence) => `https.tls.cert: ${sentence}`)
}
