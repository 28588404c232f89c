/** HTTPS beside plain HTTP: its server, the certificate it shows, and who is led to it. */
import {
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http'
import { type AddressInfo } from 'node:net'
import { type WholeContext } from '../context.ts'
import { createCertificates } from '../core/certificates.ts'
import { createHttpsProof } from '../core/https-proof.ts'
import { MINUTE, SECOND } from '../lib/time.ts'
import { checkOwnCertificateAtStart, publicHost } from '../tls/own-certificate.ts'
import { checkFromOutside } from '../tls/self-check.ts'
import { guardServer } from '../proxy/listener.ts'
import { type Door } from './door.ts'
import { type Origins } from './origin.ts'
import { createSecureRedirect } from './secure-redirect.ts'
import { createSecureServer } from './secure-server.ts'

export interface Https {
  readonly server: Server
  /** Puts the front door behind TLS as well. */
  open(door: Door, hub: RequestListener): void
  /** Whether a request over plain HTTP was for this module: it has been answered then. */
  answers(request: IncomingMessage, response: ServerResponse): boolean
  /** Whether a WebSocket over plain HTTP is refused; there is no leading it elsewhere. */
  refuses(request: IncomingMessage): boolean
}

/** How soon a new certificate is noticed. */
const lookEveryMs = 10 * SECOND

export type HttpsNeeds = Pick<
  WholeContext,
  'config' | 'settings' | 'clock' | 'log' | 'schedule'
> & {
  readonly store: Pick<WholeContext['store'], 'facts'>
  readonly origins: Origins
}

/** @throws {ConfigError} the certificate of the configuration cannot be used. */
export function createHttps(needs: HttpsNeeds): Https {
  const { config, clock, log, schedule, origins, store } = needs
  for (const warning of checkOwnCertificateAtStart(config, clock.now())) log.warn(warning)
  const certificates = createCertificates({
    clock,
    log,
    files: () => config.https.tls,
    host: () => publicHost(config),
  })
  certificates.look()
  const server = createSecureServer(certificates)
  const { port: configuredPort } = config.https
  const proof = createHttpsProof({ certificates, port: configuredPort, facts: store.facts })
  const port = (): number => (server.address() as AddressInfo | null)?.port ?? configuredPort
  const redirect = createSecureRedirect({
    baseUrl: config.base_url,
    publicUrl: config.public_url,
    port: configuredPort === 0 ? port : () => configuredPort,
    isProven: () => proof.isProven(),
    certificate: () => certificates.find(),
    arrivedSecurely: (request) => origins.arrivedSecurely(request),
  })
  needs.settings.onChange(() => certificates.look())
  schedule.every(lookEveryMs, 'look for a new certificate', () => certificates.look())
  const prove = async (): Promise<void> => {
    const name = publicHost(config) ?? certificates.find()?.names.find((one) => !one.includes('*'))
    if (name === undefined || proof.isProven()) return
    const problem = await checkFromOutside(`https://${name}:${port()}${config.base_url}hub/health`)
    if (problem !== undefined) log.debug({ name, problem }, 'https is not proven yet')
  }
  schedule.every(MINUTE, 'see whether https works', prove)

  return {
    server,
    open(door, hub) {
      server.on('request', (request, response) => {
        proof.note(request.headers.host)
        door.request(request, response, hub)
      })
      server.on('upgrade', (...arrived) => door.upgrade(...arrived))
      guardServer(server)
    },
    answers(request, response) {
      if (!redirect.isWanted(request)) return false
      redirect.answer(request, response)
      return true
    },
    refuses: (request) => redirect.isWanted(request),
  }
}
