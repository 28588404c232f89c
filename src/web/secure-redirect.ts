/** From plain HTTP to HTTPS, once that has worked. */
import { type RequestListener } from 'node:http'
import { type RequestFacts } from '../proxy/policy.ts'
import { isCertificateFor, type Certificate } from '../tls/certificate.ts'

export type SecureRedirectNeeds = {
  readonly baseUrl: string
  readonly publicUrl: string
  /** Where HTTPS answers; as people reach it. */
  port(): number
  isProven(): boolean
  certificate(): Certificate | undefined
  arrivedSecurely(request: RequestFacts): boolean
}

/** @returns whether this request has to come back over HTTPS, and the listener that says so. */
export function createSecureRedirect(needs: SecureRedirectNeeds): {
  isWanted(request: RequestFacts): boolean
  readonly answer: RequestListener
} {
  const healthPath = `${needs.baseUrl}hub/health`

  const originFor = (host: string | undefined): string => {
    if (needs.publicUrl !== '') return needs.publicUrl
    const port = needs.port()
    return `https://${nameFor(host, needs.certificate())}${port === 443 ? '' : `:${port}`}`
  }

  return {
    isWanted: (request) =>
      needs.isProven() &&
      !needs.arrivedSecurely(request) &&
      request.url?.split('?', 1)[0] !== healthPath,
    answer(request, response) {
      const isRead = request.method === 'GET' || request.method === 'HEAD'
      // A body that is not read keeps the connection from being used again.
      response.writeHead(isRead ? 301 : 308, {
        location: `${originFor(request.headers.host)}${pathOf(request.url ?? '/')}`,
        // HSTS is what makes it last; this has to end when HTTPS is switched off.
        'cache-control': 'no-store',
        'content-length': 0,
        ...(isRead ? {} : { connection: 'close' }),
      })
      response.end()
    },
  }
}

/** The name that was asked for when the certificate is for it; else one that it is for. */
function nameFor(host: string | undefined, certificate: Certificate | undefined): string {
  const asked = URL.parse(`http://${host ?? ''}`)?.hostname ?? ''
  const plain = asked.replace(/^\[|\]$/g, '')
  if (asked !== '' && (!certificate || isCertificateFor(certificate, plain))) return asked
  return certificate?.names.find((name) => !name.startsWith('*')) ?? asked
}

/** The absolute form (RFC 9112 §3.2.2) is made the origin form. */
function pathOf(target: string): string {
  const path = target.replace(/^https?:\/\/[^/?#]*/i, '')
  return path.startsWith('/') ? path : `/${path}`
}
