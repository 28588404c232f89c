/** The doctor looks at HTTPS: the certificate, and whether a browser would be answered. */
import { findRunningHub } from '../config/data-dir.ts'
import { type Config } from '../config/schema.ts'
import { DAY } from '../lib/time.ts'
import { isCertificateFor, readCertificate, type Certificate } from '../tls/certificate.ts'
import { publicHost } from '../tls/own-certificate.ts'
import { checkFromOutside } from '../tls/self-check.ts'
import { fail, ok, warn, type Finding } from './finding.ts'

type Needs = Pick<Config, 'https' | 'public_url' | 'base_url' | 'data_dir'>

/** Nothing, where the hub does not speak HTTPS. */
export async function* checkHttps(config: Needs, now: Date): AsyncGenerator<Finding> {
  const { https } = config
  if (!https.enabled) return
  if (https.tls.cert === '') {
    yield withoutCertificate
    return
  }
  const host = publicHost(config)
  const { certificate, faults, warnings } = readCertificate(https.tls, { now, host })
  const advice = 'Correct https.tls or the files; the hub takes new ones without a restart.'
  yield* faults.map(({ file, sentence }) => fail('https', `${https.tls[file]} ${sentence}`, advice))
  yield* warnings.map((sentence) => warn('https', sentence, 'Browsers may refuse it otherwise.'))
  if (!certificate) return
  if (faults.length === 0) yield ok('https', described(certificate, now))
  if (findRunningHub(config.data_dir)) yield await checkAnswer(certificate, config)
}

const withoutCertificate = warn(
  'https',
  'there is no certificate: this version does not obtain any by itself',
  'Obtain one, for example with certbot, and name it in https.tls. Plain HTTP goes on meanwhile.',
)

function described({ names, validTo }: Certificate, now: Date): string {
  const days = Math.floor((validTo.getTime() - now.getTime()) / DAY)
  return `the certificate is for ${names.join(', ')}, ${days} days left`
}

/** As picky as a browser: unknown authorities and wrong names are no answer. */
async function checkAnswer(certificate: Certificate, config: Needs): Promise<Finding> {
  const { names } = certificate
  const name = publicHost(config) ?? names.find((one) => isCertificateFor(certificate, one))
  if (name === undefined)
    return warn('https', 'no name is known to ask the hub by', 'Set public_url.')
  const address = `${name}:${config.https.port}`
  const problem = await checkFromOutside(`https://${address}${config.base_url}hub/health`)
  if (problem === undefined) return ok('https', `the hub answers at ${address}, as for a browser`)
  return warn(
    'https',
    `${address} gives a browser on this machine no answer: ${problem}`,
    'Plain HTTP goes on until somebody has come in over HTTPS. Look at DNS, firewall and chain.',
  )
}
