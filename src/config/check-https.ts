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
  const { tls, letsencrypt, acme } = wanted
  const faults: Fault[] = []
  // Until it is enabled they may be set one after the other.
  if (wanted.enabled && (tls.cert === '') !== (tls.key === '')) {
    const missing = tls.cert === '' ? 'cert' : 'key'
    faults.push(fault(`https.tls.${missing}`, 'is missing: certificate and key come together.'))
  }
  if (tls.cert !== '' && letsencrypt.domains.length > 0)
    faults.push(fault('https.letsencrypt.domains', 'and `https.tls` exclude each other; keep one.'))
  letsencrypt.domains.forEach((domain, index) => {
    if (!isDomain(domain))
      faults.push({
        at: ['https', 'letsencrypt', 'domains', index],
        sentence: 'is no full name of a host, such as hub.example.org.',
        isMissing: false,
      })
  })
  if (acme.directory !== '' && !/^https:\/\/[^ ]+$/.test(acme.directory))
    faults.push(fault('https.acme.directory', 'is no address that begins with https://.'))
  return wanted.enabled ? [...faults, ...checkEnabled(wanted, { port, public_url })] : faults
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
    ...(publicUrl.startsWith('http://')
      ? [fault('public_url', 'begins with http://, but `https.enabled` is set; write https://.')]
      : []),
  ]
}

/** Wildcards need DNS-01, which is not spoken here. @see RFC 8555 §7.1.3 */
const isDomain = (name: string): boolean =>
  name.length < 254 && /^(?:[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?\.)+[a-z][a-z\d-]*[a-z\d]$/i.test(name)
