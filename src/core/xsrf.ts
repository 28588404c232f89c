/** Cross-site request forgery: the token that shows that a request was made by a page of ours. */
import { type KeyObject } from 'node:crypto'
import { type IncomingHttpHeaders } from 'node:http'
import { readCookie } from '../lib/cookie.ts'
import { forbidden } from '../lib/errors.ts'
import { equalSecrets, hmac, newId } from '../lib/secret.ts'
import { type Principal } from './access.ts'

/** JupyterHub's name, which its clients look for (contract §5.9). */
export const xsrfCookie = '_xsrf'

/** What is asked of a request. */
export type XsrfRequest = {
  readonly headers: IncomingHttpHeaders
  /** `https://hub.example.org`: the origin of our own pages, as this browser knows it. */
  readonly ownOrigin: string
  /** From the form or the query; the header is looked up here. */
  readonly given: string | undefined
}

export interface Xsrf {
  /** The token for this browser's forms. It is the cookie's while that is good; else a new one, to be set as the cookie. */
  tokenFor(
    headers: IncomingHttpHeaders,
    principal: Principal | undefined,
  ): { readonly token: string; readonly isNew: boolean }
  /**
   * For whatever changes something on the word of a cookie. What a browser says of itself can only refuse, never grant
   * (security S-07).
   * @throws {HubError} Forbidden, naming `_xsrf`.
   */
  require(request: XsrfRequest, principal: Principal | undefined): void
}

export function createXsrf(signingKey: KeyObject): Xsrf {
  const sign = (id: string, principal: Principal | undefined): string =>
    `${id}.${hmac(signingKey, `xsrf ${id} ${binding(principal)}`)}`
  const isGood = (token: string, principal: Principal | undefined): boolean =>
    equalSecrets(token, sign(token.split('.', 1)[0] ?? '', principal))

  return {
    tokenFor(headers, principal) {
      const known = readCookie(headers.cookie, xsrfCookie)
      if (known !== undefined && isGood(known, principal)) return { token: known, isNew: false }
      return { token: sign(newId(), principal), isNew: true }
    },

    require({ headers, ownOrigin, given }, principal) {
      refuseForeign(headers, ownOrigin)
      const token = given ?? headerOf(headers)
      if (token === undefined || token === '') throw forbidden("'_xsrf' argument missing")
      if (!isGood(token, principal)) throw forbidden("'_xsrf' argument invalid")
      // A stranger has no session to bind a token to, so it has to be this browser's own.
      if (!principal && readCookie(headers.cookie, xsrfCookie) !== token)
        throw forbidden("'_xsrf' cookie does not match the argument")
    },
  }
}

/** A token is good for one login only. */
const binding = (principal: Principal | undefined): string =>
  principal?.credential.kind === 'session' ? principal.credential.session.hash : 'anonymous'

function headerOf(headers: IncomingHttpHeaders): string | undefined {
  const value = headers['x-xsrftoken'] ?? headers['x-csrftoken']
  return typeof value === 'string' ? value : undefined
}

/** @see https://www.w3.org/TR/fetch-metadata/#sec-fetch-site-header */
function refuseForeign(headers: IncomingHttpHeaders, ownOrigin: string): void {
  const site = headers['sec-fetch-site']
  if (site !== undefined && site !== 'same-origin' && site !== 'none')
    throw forbidden("'_xsrf' check failed: the request comes from another site.")
  const { origin } = headers
  if (origin !== undefined && origin.toLowerCase() !== ownOrigin.toLowerCase())
    throw forbidden("'_xsrf' check failed: the request comes from another origin.")
}
