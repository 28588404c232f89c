/** The cookies of a browser that is logged in: set and cleared. */
import { type FastifyReply } from 'fastify'
import { xsrfCookie } from '../core/xsrf.ts'
import { publicSessionCookie, sessionCookie } from '../model/session.ts'
import { type NewSession } from '../core/sessions.ts'

export type CookieNeeds = {
  /** `/` or `/base/`. */
  readonly baseUrl: string
  readonly hubPath: string
  isSecure(reply: FastifyReply): boolean
}

export interface SessionCookies {
  /** The login, and JupyterHub's public session id that servers see (contract §2.7). */
  set(reply: FastifyReply, login: NewSession): void
  setXsrf(reply: FastifyReply, token: string): void
  /** Everything this hub has ever set, so that nothing of the login is left. */
  clear(reply: FastifyReply): void
}

type Attributes = {
  readonly path: string
  readonly httpOnly: true
  readonly sameSite: 'lax'
  readonly secure: boolean
}

export function createSessionCookies(needs: CookieNeeds): SessionCookies {
  const attributes = (reply: FastifyReply, path: string): Attributes => {
    const secure = needs.isSecure(reply)
    return { path, httpOnly: true, sameSite: 'lax', secure }
  }
  const loginCookie = (secure: boolean): string =>
    secure ? sessionCookie.secure : sessionCookie.plain

  return {
    set(reply, { session, secret }) {
      const maxAge = Math.floor((session.expiresAt.getTime() - session.createdAt.getTime()) / 1000)
      const login = attributes(reply, '/')
      reply.setCookie(loginCookie(login.secure), secret, { ...login, maxAge })
      const shown = attributes(reply, needs.baseUrl)
      reply.setCookie(publicSessionCookie, session.publicId, { ...shown, maxAge })
    },
    // Not readable by scripts: a page of a user's server could move its own address below /hub/ and then read it.
    setXsrf(reply, token) {
      reply.setCookie(xsrfCookie, token, attributes(reply, needs.hubPath))
    },
    clear(reply) {
      const login = attributes(reply, '/')
      reply.clearCookie(loginCookie(login.secure), login)
      reply.clearCookie(publicSessionCookie, attributes(reply, needs.baseUrl))
      reply.clearCookie(xsrfCookie, attributes(reply, needs.hubPath))
    },
  }
}
