/** Logging in at a provider: to it, and back (contract §5.1). The flow stays with the browser that began it. */
import { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { type RedirectAuthenticator } from '../../auth/authenticator.ts'
import { readCookie } from '../../lib/cookie.ts'
import { forbidden, notFound } from '../../lib/errors.ts'
import { loginFlowCookie } from '../../model/session.ts'
import { queryOf } from '../form.ts'
import { openFlow, sealFlow, flowSeconds } from '../login-flow.ts'
import { type Site } from '../site.ts'
import { showLoginAgain } from './login.ts'

export function oauthLoginPages(app: FastifyInstance, site: Site): void {
  const callbackPath = `${site.hubPath}oauth_callback`
  const callbackUrl = (request: FastifyRequest): string => site.ownOrigin(request) + callbackPath

  const cookie = (reply: FastifyReply) =>
    ({
      path: callbackPath,
      httpOnly: true,
      sameSite: 'lax',
      secure: site.origins.of(reply.request.raw).proto === 'https',
    }) as const

  app.get(
    `${site.hubPath}oauth_login`,
    {
      config: { access: 'anyone' },
      exposeHeadRoute: false,
      errorHandler: (error, _request, reply) => void showLoginAgain(site, reply, error),
    },
    async (request, reply) => {
      const { redirectTo, flow } = await redirecting(site).begin(callbackUrl(request))
      const opened = { flow, next: site.nextOf(request) }
      const sealed = sealFlow(site.signingKey, opened, site.clock.now())
      reply.setCookie(loginFlowCookie, sealed, { ...cookie(reply), maxAge: flowSeconds })
      return reply.redirect(redirectTo)
    },
  )

  app.get(
    callbackPath,
    {
      config: { access: 'anyone' },
      exposeHeadRoute: false,
      errorHandler: (error, _request, reply) => void showLoginAgain(site, reply, error),
    },
    async (request, reply) => {
      const authenticator = redirecting(site)
      const sealed = readCookie(request.headers.cookie, loginFlowCookie)
      reply.clearCookie(loginFlowCookie, cookie(reply))
      const opened = openFlow(site.signingKey, sealed, site.clock.now())
      if (!opened)
        throw forbidden('This login took too long, or began in another browser. Try again.')
      const url = callbackUrl(request)
      const identity = await authenticator.finish(url, queryOf(request), opened.flow)
      const login = site.login.withIdentity(identity, site.whereFrom(request))
      site.begin(reply, login)
      return reply.redirect(opened.next ?? site.placeOf(login.user))
    },
  )
}

/** @throws {HubError} NotFound when this hub asks for passwords itself. */
function redirecting({ authenticator }: Site): RedirectAuthenticator {
  if (authenticator.kind !== 'redirect') throw notFound('This hub does not log in elsewhere.')
  return authenticator
}
