/** The login page: name and password, or the button that leads to the provider (contract §5.4). */
import { type FastifyInstance, type FastifyReply } from 'fastify'
import { asError } from '../../lib/errors.ts'
import { withQuery } from '../../lib/url.ts'
import { isStaleForm } from '../csrf.ts'
import { logProblem, problemOf } from '../errors.ts'
import { formOf } from '../form.ts'
import { leadOnBehind } from '../lead-on.ts'
import { type Site } from '../site.ts'
import { type ViewData } from '../views.ts'

/** What is shown again of a name that did not work. */
const longestNameShown = 256

export function loginPages(app: FastifyInstance, site: Site): void {
  const loginPath = `${site.hubPath}login`

  app.get(loginPath, { config: { access: 'anyone' } }, (request, reply) => {
    const next = site.nextOf(request)
    if (request.visitor) return reply.redirect(next ?? site.placeOf(request.visitor.user))
    return showLogin(site, reply, undefined)
  })

  app.post(loginPath, {
    config: { access: 'anyone' },
    errorHandler: (error, _request, reply) => void showLoginAgain(site, reply, error),
    handler: async (request, reply) => {
      const form = formOf(request)
      const login = await site.login.withPassword(
        form.get('username')?.trim() ?? '',
        form.get('password') ?? '',
        site.whereFrom(request),
      )
      site.begin(reply, login)
      return reply.redirect(site.nextOf(request) ?? site.placeOf(login.user))
    },
  })
}

/** The page as it is first shown, or with what went wrong and the name kept. */
function showLogin(site: Site, reply: FastifyReply, problem: string | undefined): FastifyReply {
  const { authenticator, hubPath, config, store } = site
  const form = formOf(reply.request)
  const next = site.nextOf(reply.request)
  const data: ViewData['login'] = {
    kind: authenticator.kind,
    label: authenticator.kind === 'redirect' ? authenticator.label : '',
    action: withQuery(`${hubPath}${authenticator.kind === 'redirect' ? 'oauth_login' : 'login'}`, {
      next,
    }),
    name: form.get('username')?.slice(0, longestNameShown) ?? '',
    problem,
    unclaimed: config.auth.type === 'native' && store.users.countAdmins() === 0,
  }
  leadOnBehind(reply, next, site)
  return site.show(reply, 'login', data)
}

/** A login that failed, whyever: the same page with a sentence. */
export function showLoginAgain(site: Site, reply: FastifyReply, thrown: unknown): FastifyReply {
  const error = asError(thrown)
  logProblem(site.log, reply.request, error)
  const { status, message, retryAfterSeconds } = problemOf(error, reply.request.id)
  reply.code(status)
  if (retryAfterSeconds !== undefined) reply.header('retry-after', String(retryAfterSeconds))
  const sentence = isStaleForm(error) ? 'Login form invalid or expired. Try again.' : message
  return showLogin(site, reply, sentence)
}
