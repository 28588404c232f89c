/** The plain port of a proxy that speaks TLS: everything has to come back over HTTPS. */
import { type RequestListener } from 'node:http'

/** A name or address, and a port that does not matter. */
const hostSyntax = /^([\w.~-]+|\[[\da-f:.]+\])(?::\d*)?$/i

/** @param toPort where HTTPS answers, as people reach it */
export function redirectTo(toPort: number): RequestListener {
  return (request, response) => {
    const host = hostSyntax.exec(request.headers.host ?? '')?.[1]
    if (host === undefined) {
      response.writeHead(400, { 'content-type': 'text/plain; charset=utf-8' })
      response.end(
        `HTTPS is spoken on port ${toPort}, and the request does not say of which host.\n`,
      )
      return
    }
    const port = toPort === 443 ? '' : `:${toPort}`
    const path = (request.url ?? '/').replace(/^https?:\/\/[^/?#]*/i, '')
    const location = `https://${host}${port}${path.startsWith('/') ? path : `/${path}`}`
    response.writeHead(301, { location, 'content-length': 0 }).end()
  }
}
