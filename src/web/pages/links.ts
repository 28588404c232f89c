/** One-time links: claiming the hub, accepting an invitation, setting a new password. */
import { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { asError, HubError, notFound } from '../../lib/errors.ts'
import { type LinkKind, type OneTimeLink } from '../../model/one-time-link.ts'
import { normaliseName } from '../../model/user.ts'
import { isStaleForm } from '../csrf.ts'
import { createErrorHandler } from '../errors.ts'
import { formOf } from '../form.ts'
import { type Site } from '../site.ts'
import { type FormProblem } from '../views.ts'

type LinkRequest = FastifyRequest<{ Params: { secret: string } }>

const titles: Readonly<Record<LinkKind, string>> = {
  claim: 'Claim this hub',
  invite: 'Welcome',
  reset: 'Choose a new password',
}

export function linkPages(app: FastifyInstance, site: Site): void {
  for (const kind of ['claim', 'invite', 'reset'] as const) {
    const pattern = `${site.hubPath}${kind}/:secret`
    // The address holds a secret until it is used up: no other page gets to know it.
    const onRequest = (_request: FastifyRequest, reply: FastifyReply, done: () => void): void => {
      // The secret is in the path. `no-referrer` would hide the origin as well, and the form needs it (`Origin: null`).
      reply.header('referrer-policy', 'strict-origin')
      done()
    }

    app.get<{ Params: { secret: string } }>(
      pattern,
      { config: { access: 'anyone' }, onRequest },
      (request, reply) => showForm(site, reply, { link: look(site, request, kind) }),
    )
    app.post<{ Params: { secret: string } }>(pattern, {
      config: { access: 'anyone' },
      onRequest,
      errorHandler: (error, request, reply) =>
        void showAgain(site, reply, { error, request, kind }),
      handler: async (request, reply) => {
        look(site, request, kind)
        const { secret } = request.params
        const form = formOf(request)
        const password = form.get('password') ?? ''
        const origin = site.whereFrom(request)
        if (kind === 'claim') {
          const name = form.get('username') ?? ''
          site.begin(reply, await site.links.redeemClaim(secret, { name, password }, origin))
          return reply.redirect(`${site.hubPath}home`)
        }
        const login = await site.links.redeemPassword(secret, password, origin)
        site.begin(reply, login)
        return reply.redirect(site.placeOf(login.user))
      },
    })
  }
}

/** @throws {HubError} NotFound: dead, or of another kind than its address says. */
function look(site: Site, request: LinkRequest, kind: LinkKind): OneTimeLink {
  const link = site.links.look(request.params.secret)
  if (link.kind !== kind) throw notFound('This link is incomplete. Open it as you got it.')
  return link
}

function showForm(
  site: Site,
  reply: FastifyReply,
  { link, problem }: { link: OneTimeLink; problem?: FormProblem },
): FastifyReply {
  return site.show(reply, 'set-password', {
    purpose: link.kind,
    title: titles[link.kind],
    action: reply.request.url.split('?', 1)[0] ?? '',
    name: link.userName ?? formOf(reply.request).get('username')?.slice(0, 256) ?? '',
    minLength: site.config.password.min_length,
    problem,
  })
}

/** What can be corrected is shown beside its field; a dead link cannot. */
function showAgain(
  site: Site,
  reply: FastifyReply,
  failed: { error: unknown; request: FastifyRequest; kind: LinkKind },
): FastifyReply {
  const error = asError(failed.error)
  const { request, kind } = failed
  const isCorrectable = error instanceof HubError && error.code === 'InvalidInput'
  if (!isCorrectable && !isStaleForm(error)) return createErrorHandler(site)(error, request, reply)
  try {
    const link = look(site, request as LinkRequest, kind)
    reply.code(isCorrectable ? error.status : 403)
    const problem = isStaleForm(error) ? staleForm : problemWith(error.message, request, kind)
    return showForm(site, reply, { link, problem })
  } catch (thrown) {
    return createErrorHandler(site)(thrown, request, reply)
  }
}

const staleForm: FormProblem = { field: 'form', message: 'This form has expired. Try again.' }

function problemWith(message: string, request: FastifyRequest, kind: LinkKind): FormProblem {
  const field = kind === 'claim' && !isName(formOf(request).get('username')) ? 'name' : 'password'
  return { field, message }
}

function isName(text: string | null): boolean {
  try {
    normaliseName(text ?? '')
    return true
  } catch {
    return false
  }
}
