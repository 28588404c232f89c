/** Requests over TLS, of a browser that trusts what a test says. */
import { type IncomingHttpHeaders } from 'node:http'
import https from 'node:https'

export type SecureAnswer = {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** @param ca PEM that is trusted; undefined: whatever comes */
export function secureRequest(
  url: string,
  ca: string | undefined,
  options: https.RequestOptions = {},
): Promise<SecureAnswer> {
  const trust = ca === undefined ? { rejectUnauthorized: false } : { ca }
  return new Promise((resolve, reject) => {
    const request = https.request(url, { ...trust, agent: false, ...options }, (response) => {
      let body = ''
      response.setEncoding('utf8')
      response.on('data', (text: string) => (body += text))
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
      )
    })
    request.on('error', reject)
    request.end()
  })
}
