/** What a browser says of a request: is it a page that a person looks at, and who led them there? */
import { type IncomingHttpHeaders } from 'node:http'

/**
 * A script, a frame or an image asks. Pages of users' servers share our origin and could read what they get, so no page
 * of the hub is for them. Programs that are no browsers don't send the header.
 * @see https://www.w3.org/TR/fetch-metadata/#sec-fetch-dest-header
 */
export function isEmbedded(headers: IncomingHttpHeaders): boolean {
  const destination = headers['sec-fetch-dest']
  return destination !== undefined && destination !== 'document'
}

/** A page of another site led here, or sent a form. */
export function isFromElsewhere(headers: IncomingHttpHeaders): boolean {
  const site = headers['sec-fetch-site']
  return site === 'cross-site' || site === 'same-site'
}

/** Whether the answer is read by a program, which gets JSON. */
export function wantsJson(headers: IncomingHttpHeaders): boolean {
  if (headers['sec-fetch-dest'] === 'document') return false
  return isEmbedded(headers) || prefersJson(headers.accept ?? '*/*')
}

/** JSON is named, and HTML not preferred to it (RFC 9110 §12.5.1). */
function prefersJson(accept: string): boolean {
  const json = weightOf(accept, 'application/json')
  return json > 0 && json >= weightOf(accept, 'text/html')
}

/** The weight of a type that is named; 0 when it is not. */
function weightOf(accept: string, type: string): number {
  for (const element of accept.toLowerCase().split(',')) {
    const [name, ...parameters] = element.split(';').map((part) => part.trim())
    if (name !== type) continue
    const weight = parameters.find((parameter) => parameter.startsWith('q='))
    return weight === undefined ? 1 : Number(weight.slice(2)) || 0
  }
  return 0
}
