/** HTTPS beside plain HTTP: its server, the certificate it shows, and who is led to it. */
import {
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http'
import { type WholeContext } from '../context.ts'
import { type Acme } from '../core/acme.ts'
import { createCertificates, type Certificates } from '../core/certificates.ts'
import { createHttpsProof } from '../core/https-proof.ts'
import { MINUTE, SECOND } from '../lib/time.ts'
import { challengePath } from '../tls/acme-preflight.ts'
import { isForTrials } from '../tls/acme-settings.ts'
import { checkOwnCertificateAtStart, publicHost } from '../tls/own-certificate.ts'
import { checkFromOutside } from '../tls/self-check.ts'
import { inTurn } from '../proxy/in-turn.ts'
import { guardServer } from '../proxy/listener.ts'
import { serveDirectly, type DirectFrontNeeds } from '../proxy/direct-front.ts'
import { type RequestFacts } from '../proxy/policy.ts'
import { type Door } from './door.ts'
import { urlAt } from './listen.ts'
import { type Origins } from './origin.ts'
import { createSecureListener } from './secure-listener.ts'
import { createSecureRedirect } from './secure-redirect.ts'
import { createSecureServer } from './secure-server.ts'

export interface Https {
  readonly server: Server
  /** `https://127.0.0.1:8443/`; empty: HTTPS is switched off. */
  readonly url: string
  /** Begins or ends to listen, as it is wanted now; what is open goes on. @throws {ConfigError} the port cannot be had */
  listen(): Promise<void>
  /** Puts the front door behind TLS as well. */
  open(front: SecureFront, hub: RequestListener): void
  /** Whether a request over plain HTTP was for this module: it has been answered then. */
  answers(request: IncomingMessage, response: ServerResponse): boolean
  /** Whether a WebSocket over plain HTTP is refused; there is no leading it elsewhere. */
  refuses(request: RequestFacts): boolean
  /** Ends what is under way to get a certificate. */
  stop(): void
}

/** The front door and what stands behind it, as for plain HTTP. */
export type SecureFront = Omit<DirectFrontNeeds, 'admit'> & { readonly door: Door }

/** How soon a new certificate is noticed. */
const lookEveryMs = 10 * SECOND

export type HttpsNeeds = Pick<
  WholeContext,
  'config' | 'settings' | 'clock' | 'log' | 'schedule' | 'acme'
> & {
  readonly store: Pick<WholeContext['store'], 'facts'>
  readonly origins: Origins
  /** The descriptor of a socket that listens already. */
  readonly socket?: number | undefined
}

/** @throws {ConfigError} the certificate of the configuration cannot be used. */
export function createHttps(needs: HttpsNeeds): Https {
  const { config, clock, log, schedule, origins, store, acme } = needs
  const isEnabled = (): boolean => config.https.enabled
  const isOwn = (): boolean => config.https.tls.cert !== ''
  for (const warning of checkOwnCertificateAtStart(config, clock.now())) log.warn(warning)
  const certificates = createCertificates({
    clock,
    log,
    files: () => (isOwn() ? config.https.tls : acme.files),
    // While another one is being obtained, the one before is better than none, whatever it is for.
    host: () => (isOwn() ? publicHost(config) : undefined),
  })
  const server = createSecureServer(certificates, acme)
  const listener = createSecureListener({ server, config, socket: needs.socket })
  const { port: configuredPort } = config.https
  const isTrial = (): boolean => isForTrials(config.https)
  const proof = createHttpsProof({ ...{ certificates, isTrial }, port: configuredPort, facts: store.facts }) // prettier-ignore
  const port = (): number => listener.port ?? configuredPort
  const redirect = createSecureRedirect({
    baseUrl: config.base_url,
    publicUrl: config.public_url,
    port: configuredPort === 0 ? port : () => configuredPort,
    isProven: () => isEnabled() && proof.isProven(),
    certificate: () => certificates.find(),
    arrivedSecurely: (request) => origins.arrivedSecurely(request),
  })
  keepCertificate(needs, { certificates, server })
  const prove = async (): Promise<void> => {
    const name = publicHost(config) ?? certificates.find()?.names.find((one) => !one.includes('*'))
    if (!isEnabled() || name === undefined || proof.isProven()) return
    const problem = await checkFromOutside(`https://${name}:${port()}${config.base_url}hub/health`)
    if (problem !== undefined) log.debug({ name, problem }, 'https is not proven yet')
  }
  schedule.every(MINUTE, 'see whether https works', prove)

  return {
    server,
    get url() {
      const { host, base_url } = config
      return listener.port === undefined
        ? ''
        : urlAt('https', { host, port: listener.port }, base_url)
    },
    listen: () => listener.follow(),
    open({ door, forwarder, stalls }, hub) {
      const admit: DirectFrontNeeds['admit'] = (request) => {
        proof.note(request.headers.host)
        return door.admit(request)
      }
      serveDirectly(server, { forwarder, admit, stalls })
      const answer = inTurn((request, response) => {
        proof.note(request.headers.host)
        door.request(request, response, hub)
      })
      server.on('request', answer)
      server.on('upgrade', (...arrived) => door.upgrade(...arrived))
      guardServer(server)
    },
    answers(request, response) {
      if (answersChallenge(acme, request, response)) return true
      if (!redirect.isWanted(request)) return false
      redirect.answer(request, response)
      return true
    },
    refuses: (request) => redirect.isWanted(request),
    stop: () => acme.stop(),
  }
}

/** Takes what lies in the files, and has a new certificate obtained when it is time for one. */
function keepCertificate(
  { acme, config, schedule, settings }: HttpsNeeds,
  { certificates, server }: { readonly certificates: Certificates; readonly server: Server },
): void {
  const look = (): void => {
    if (config.https.enabled) certificates.look()
  }
  const keepUp = async (): Promise<void> => {
    await acme.keepUp()
    look()
  }
  const keepUpSoon = (): void => schedule.soon('get a certificate', keepUp)
  look()
  // Both doors are open by then, through which an authority comes back.
  server.on('listening', keepUpSoon)
  settings.onChange(() => {
    look()
    acme.settingsChanged()
    keepUpSoon()
  })
  schedule.every(lookEveryMs, 'look for a new certificate', look)
  schedule.every(MINUTE, 'get a certificate', keepUp)
}

/** Whoever waits for an answer here knows no users and follows no rules. @see RFC 8555 §8.3 */
function answersChallenge(
  acme: Pick<Acme, 'answerTo'>,
  { url, method }: IncomingMessage,
  response: ServerResponse,
): boolean {
  if (!url?.startsWith(challengePath) || method !== 'GET') return false
  const text = acme.answerTo(url.slice(challengePath.length))
  if (text === undefined) return false
  response.writeHead(200, {
    'content-type': 'application/octet-stream',
    'content-length': Buffer.byteLength(text),
    'x-content-type-options': 'nosniff',
    connection: 'close',
  })
  response.end(text)
  return true
}
