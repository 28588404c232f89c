/** What is wrong with the settings of HTTPS, beside their form. */
import { type Fault } from './decode.ts'
import { type Config } from './schema.ts'

type Whole = Pick<Config, 'https' | 'port' | 'public_url'>

const fault = (key: string, sentence: string): Fault => ({
  at: key.split('.'),
  sentence,
  isMissing: false,
})

/** What does not fit together, whether it is enabled or not where that is certain. */
export function checkHttps({ https: wanted, port, public_url }: Whole): Fault[] {
  const { tls, letsencrypt } = wanted
  const faults: Fault[] = []
  // Until it is enabled they may be set one after the other.
  if (wanted.enabled && (tls.cert === '') !== (tls.key === '')) {
    const missing = tls.cert === '' ? 'cert' : 'key'
    faults.push(fault(`https.tls.${missing}`, 'is missing: certificate and key come together.'))
  }
  if (tls.cert !== '' && letsencrypt.domains.length > 0)
    faults.push(fault('https.letsencrypt.domains', 'and `https.tls` exclude each other; keep one.'))
  faults.push(...checkAcme(wanted))
  return wanted.enabled ? [...faults, ...checkEnabled(wanted, { port, public_url })] : faults
}

function checkAcme({ letsencrypt, acme }: Config['https']): Fault[] {
  const faults: Fault[] = []
  letsencrypt.domains.forEach((domain, index) => {
    if (!isDomain(domain))
      faults.push({
        at: ['https', 'letsencrypt', 'domains', index],
        sentence: 'is no full name of a host, such as hub.example.org.',
        isMissing: false,
      })
  })
  for (const key of ['directory', 'trial'] as const)
    if (acme[key] !== '' && !/^https:\/\/[^ ]+$/.test(acme[key]))
      faults.push(fault(`https.acme.${key}`, 'is no address that begins with https://.'))
  if (acme.directory !== '' && letsencrypt.staging)
    faults.push(
      fault(
        'https.letsencrypt.staging',
        'and `https.acme.directory` exclude each other; keep one.',
      ),
    )
  return faults
}

function checkEnabled(
  { tls, letsencrypt, port }: Config['https'],
  others: Omit<Whole, 'https'>,
): Fault[] {
  const { public_url: publicUrl } = others
  return [
    ...(tls.cert === '' && tls.key === '' && letsencrypt.domains.length === 0
      ? [fault('https.enabled', 'needs a certificate: `https.tls` or `https.letsencrypt.domains`.')]
      : []),
    ...(port !== 0 && port === others.port
      ? [fault('https.port', `is ${port}, like \`port\`; choose another one.`)]
      : []),
    ...(isAnotherName(publicUrl, letsencrypt.domains)
      ? [fault('https.letsencrypt.domains', 'lacks the name in `public_url`; add it.')]
      : []),
    ...(publicUrl.startsWith('http://')
      ? [fault('public_url', 'begins with http://, but `https.enabled` is set; write https://.')]
      : []),
  ]
}

/** People would open a name that the certificate is not for. */
const isAnotherName = (publicUrl: string, domains: readonly string[]): boolean =>
  publicUrl !== '' &&
  domains.length > 0 &&
  !domains.some((name) => name.toLowerCase() === URL.parse(publicUrl)?.hostname)

/** Wildcards need DNS-01, which is not spoken here. @see RFC 8555 §7.1.3 */
const isDomain = (name: string): boolean =>
  name.length < 254 && /^(?:[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?\.)+[a-z][a-z\d-]*[a-z\d]$/i.test(name)
