/** Your account: the password, and the browsers that are logged in. */
import { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { type Principal } from '../../core/access.ts'
import { asError, forbidden, HubError } from '../../lib/errors.ts'
import { type Session } from '../../model/session.ts'
import { isStaleForm } from '../csrf.ts'
import { createErrorHandler } from '../errors.ts'
import { formOf, queryOf } from '../form.ts'
import { type Site } from '../site.ts'
import { type FormProblem } from '../views.ts'
import { browserInWords, momentOf } from '../words.ts'

/** What may be said after a redirect; the address carries the key only. */
const sentences: ReadonlyMap<string | null, string> = new Map([
  [
    'password',
    'Your password is changed. Every other browser and every token of yours is logged out.',
  ],
  ['sessions', 'Every other browser is logged out.'],
])

export function accountPages(app: FastifyInstance, site: Site): void {
  const accountPath = `${site.hubPath}account`

  app.get(accountPath, { config: { access: 'user' } }, (_request, reply) =>
    showAccount(site, reply, undefined),
  )

  app.post(`${accountPath}/password`, {
    config: { access: 'user' },
    errorHandler: (error, request, reply) => void showAgain(site, reply, { error, request }),
    handler: async (request, reply) => {
      const { visitor, session } = loggedIn(request)
      const form = formOf(request)
      const oldPassword = form.get('old_password') ?? ''
      const newPassword = form.get('password') ?? ''
      await site.users.changePassword(visitor.user, { oldPassword, newPassword }, session)
      // A new id with every change of what one can prove (S-53); `begin` ends the old one.
      const origin = site.whereFrom(request)
      site.begin(reply, { user: visitor.user, ...site.sessions.begin(visitor.user, origin) })
      return reply.redirect(`${accountPath}?done=password`, 303)
    },
  })

  app.post(`${accountPath}/sessions`, { config: { access: 'user' } }, (request, reply) => {
    const { visitor, session } = loggedIn(request)
    site.sessions.endAllOf(visitor.user.id, session)
    return reply.redirect(`${accountPath}?done=sessions`, 303)
  })
}

/** @throws {HubError} Forbidden */
function loggedIn({ visitor }: FastifyRequest): { visitor: Principal; session: Session } {
  if (visitor?.credential.kind !== 'session') throw forbidden('You are not logged in any more.')
  return { visitor, session: visitor.credential.session }
}

function showAccount(
  site: Site,
  reply: FastifyReply,
  problem: FormProblem | undefined,
): FastifyReply {
  const { visitor, session } = loggedIn(reply.request)
  const now = site.clock.now()
  return site.show(reply, 'account', {
    hasPassword: site.store.users.findPasswordHash(visitor.user.id) !== undefined,
    minLength: site.config.password.min_length,
    problem,
    done: problem ? undefined : sentences.get(queryOf(reply.request).get('done')),
    sessions: site.store.sessions.listOf(visitor.user.id).map((each) => ({
      current: each.hash === session.hash,
      browser: browserInWords(each.userAgent),
      address: each.address,
      seen: momentOf(each.hash === session.hash ? now : each.seenAt, now),
    })),
  })
}

function showAgain(
  site: Site,
  reply: FastifyReply,
  failed: { error: unknown; request: FastifyRequest },
): FastifyReply {
  const error = asError(failed.error)
  // Whoever guesses at the old password is logged out.
  const isOut = failed.request.visitor && !site.access.identifySession(failed.request.headers)
  if (isOut) return reply.redirect(`${site.hubPath}login`, 303)
  if (!failed.request.visitor || !(error instanceof HubError) || error.status >= 500)
    return createErrorHandler(site)(error, failed.request, reply)
  reply.code(error.status)
  return showAccount(site, reply, problemWith(error))
}

function problemWith(error: HubError): FormProblem {
  if (isStaleForm(error)) return { field: 'form', message: 'This form has expired. Try again.' }
  if (error.code === 'Forbidden') return { field: 'oldPassword', message: error.message }
  return { field: error.code === 'InvalidInput' ? 'password' : 'form', message: error.message }
}
