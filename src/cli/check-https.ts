/** The doctor looks at HTTPS: the certificate, and whether a browser would be answered, and led there. */
import { existsSync } from 'node:fs'
import http from 'node:http'
import { type Config } from '../config/schema.ts'
import { asError } from '../lib/errors.ts'
import { DAY, SECOND } from '../lib/time.ts'
import { createAcmeFiles } from '../tls/acme-files.ts'
import { isAutomatic } from '../tls/acme-settings.ts'
import { isCertificateFor, readCertificate, type Certificate } from '../tls/certificate.ts'
import { publicHost } from '../tls/own-certificate.ts'
import { checkFromOutside } from '../tls/self-check.ts'
import { fail, ok, warn, type Finding } from './finding.ts'

type Needs = Pick<Config, 'https' | 'public_url' | 'base_url' | 'data_dir'>

/** What a running hub adds. */
export type RunningHub = {
  /** Where it answers over plain HTTP. */
  readonly url: string
  /** Why it gets no certificate; undefined: it does. */
  readonly problem: string | undefined
}

/**
 * Nothing, where the hub does not speak HTTPS.
 * @param running undefined: no hub runs
 */
export async function* checkHttps(
  config: Needs,
  now: Date,
  running: RunningHub | undefined,
): AsyncGenerator<Finding> {
  if (!config.https.enabled) return
  const certificate = yield* isAutomatic(config.https)
    ? checkObtained(config, now, running)
    : checkOwn(config, now)
  if (!certificate || !running) return
  const name = nameOf(certificate, config)
  if (name === undefined)
    yield warn('https', 'no name is known to ask the hub by', 'Set public_url.')
  else yield await checkAnswer(name, config)
  yield await checkRedirect(name ?? '', running.url)
}

function* checkOwn(config: Needs, now: Date): Generator<Finding, Certificate | undefined> {
  const { tls } = config.https
  const { certificate, faults, warnings } = readCertificate(tls, { now, host: publicHost(config) })
  const advice = 'Correct https.tls or the files; the hub takes new ones without a restart.'
  yield* faults.map(({ file, sentence }) => fail('https', `${tls[file]} ${sentence}`, advice))
  yield* warnings.map((sentence) => warn('https', sentence, 'Browsers may refuse it otherwise.'))
  if (certificate && faults.length === 0) yield ok('https', described(certificate, now))
  return certificate
}

const nothingLost = 'Nothing is lost meanwhile: plain HTTP goes on. The hub tries again by itself.'

function* checkObtained(
  { data_dir: dataDir, https }: Needs,
  now: Date,
  running: RunningHub | undefined,
): Generator<Finding, Certificate | undefined> {
  const { certificate: files } = createAcmeFiles(dataDir)
  const { problem } = running ?? {}
  if (!existsSync(files.cert)) {
    const names = https.letsencrypt.domains.join(', ')
    yield problem === undefined
      ? warn('https', `there is no certificate for ${names} yet`, running ? 'The hub is getting one; look again in a minute.' : 'The hub gets one when it runs.') // prettier-ignore
      : fail('https', problem, nothingLost)
    return undefined
  }
  const { certificate, faults } = readCertificate(files, { now, host: undefined })
  const advice = problem === undefined ? 'The hub gets another one when it runs.' : nothingLost
  yield* faults.map(({ file, sentence }) => fail('https', `${files[file]} ${sentence}`, advice))
  if (problem !== undefined)
    yield warn('https', problem, 'The certificate before stays in use as long as it is valid.')
  if (certificate && faults.length === 0)
    yield ok('https', `${described(certificate, now)}; the hub renews it`)
  return certificate
}

function described({ names, validTo }: Certificate, now: Date): string {
  const days = Math.floor((validTo.getTime() - now.getTime()) / DAY)
  return `the certificate is for ${names.join(', ')}, ${days} days left`
}

const nameOf = (certificate: Certificate, config: Needs): string | undefined =>
  publicHost(config) ?? certificate.names.find((one) => isCertificateFor(certificate, one))

/** As picky as a browser: unknown authorities and wrong names are no answer. */
async function checkAnswer(name: string, { https, base_url }: Needs): Promise<Finding> {
  const address = `${name}:${https.port}`
  const problem = await checkFromOutside(`https://${address}${base_url}hub/health`)
  if (problem === undefined) return ok('https', `the hub answers at ${address}, as for a browser`)
  return warn(
    'https',
    `${address} gives a browser on this machine no answer: ${problem}`,
    'Plain HTTP goes on until somebody has come in over HTTPS. Look at DNS, firewall and chain.',
  )
}

const redirectTimeoutMs = 5 * SECOND

async function checkRedirect(name: string, hubUrl: string): Promise<Finding> {
  try {
    const to = await redirectOf(new URL('hub/login', hubUrl), name)
    if (to?.startsWith('https://')) return ok('https', `plain HTTP leads to ${new URL(to).origin}`)
    return warn(
      'https',
      'plain HTTP does not lead to HTTPS yet: nobody has come in over that',
      'Open the https:// address once; from then on everybody is led there.',
    )
  } catch (thrown) {
    return warn(
      'https',
      `plain HTTP at ${hubUrl}: ${asError(thrown).message}`,
      "Look at the hub's log.",
    )
  }
}

/** Where a browser that asks under this name is led; undefined: nowhere. */
function redirectOf(url: URL, name: string): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const headers = name === '' ? {} : { host: name }
    const signal = AbortSignal.timeout(redirectTimeoutMs)
    const request = http.get(url, { headers, agent: false, signal }, (response) => {
      response.resume()
      resolve(response.headers.location)
    })
    request.on('error', reject)
  })
}
