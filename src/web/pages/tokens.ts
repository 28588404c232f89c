/** Your API tokens, and the programs that you let act for you (contract §5.12). */
import { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { type Principal } from '../../core/access.ts'
import { asError, forbidden, HubError, invalidInput, notFound } from '../../lib/errors.ts'
import { describeScope } from '../../model/scope.ts'
import { type Token } from '../../model/token.ts'
import { isStaleForm } from '../csrf.ts'
import { createErrorHandler } from '../errors.ts'
import { chosenSeconds, tokenExpiries } from '../expiry.ts'
import { formOf, queryOf } from '../form.ts'
import { type PageAccess } from '../guard.ts'
import { type Site } from '../site.ts'
import { type ViewData } from '../views.ts'
import { laterOf, momentOf, momentOrNone } from '../words.ts'

const sentences: ReadonlyMap<string | null, string> = new Map([
  ['token', 'The token is revoked. Programs that use it are turned away from now on.'],
  ['app', 'The program has lost its access. It has to ask again.'],
])

const longestNote = 1000

/** Whoever may have tokens at all: everybody, unless the role `user` was narrowed. */
const ownTokens: PageAccess = {
  scope: 'tokens',
  target: ({ visitor }) => ({ user: visitor?.user.name ?? '' }),
}

export function tokenPages(app: FastifyInstance, site: Site): void {
  const tokenPath = `${site.hubPath}token`
  const config = { access: ownTokens }

  app.get(tokenPath, { config }, (request, reply) =>
    showTokens(site, reply, { done: sentences.get(queryOf(request).get('done')) }),
  )

  app.post(tokenPath, {
    config,
    errorHandler: (error, _request, reply) => void showAgain(site, reply, error),
    handler: (request, reply) => makeToken(site, request, reply),
  })

  app.post<{ Params: { id: string } }>(`${tokenPath}/:id/revoke`, { config }, (request, reply) => {
    const { user } = visitorOf(request)
    const token = site.store.tokens.find(Number(/^\d{1,15}$/.exec(request.params.id)?.[0] ?? 0))
    if (token?.userId !== user.id || token.clientId !== undefined)
      throw notFound('This token does not exist any more.')
    site.tokens.revoke(token)
    return reply.redirect(`${tokenPath}?done=token`, 303)
  })

  app.post(`${tokenPath}/apps/revoke`, { config }, (request, reply) => {
    const { user } = visitorOf(request)
    const clientId = formOf(request).get('client_id')
    const token = listTokens(site, user.id).find((one) => one.clientId === clientId)
    // The first takes its siblings of the same program with it.
    if (token?.clientId === undefined) throw notFound('This program has no access any more.')
    site.tokens.revoke(token)
    return reply.redirect(`${tokenPath}?done=app`, 303)
  })
}

/** @throws {HubError} Forbidden */
function visitorOf({ visitor }: FastifyRequest): Principal {
  if (!visitor) throw forbidden('You are not logged in any more.')
  return visitor
}

const listTokens = ({ store, clock }: Site, userId: number): Token[] =>
  store.tokens.listOf(userId, clock.now())

function makeToken(site: Site, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const visitor = visitorOf(request)
  const form = formOf(request)
  const note = form.get('note')?.trim().slice(0, longestNote) ?? ''
  const scopes = (form.get('scopes') ?? '').split(/[\s,]+/).filter((scope) => scope !== '')
  const { token, secret } = site.tokens.issue({
    user: visitor.user,
    note: note === '' ? 'Requested via token page' : note,
    issuer: visitor.scopes,
    ...(scopes.length > 0 ? { scopes } : {}),
    ...expiryIn(site, form.get('expires_in')),
  })
  return site.show(reply, 'token-made', {
    note: token.note,
    secret,
    expires: momentOrNone(token.expiresAt, site.clock.now()),
    apiUrl: `${site.ownOrigin(request)}${site.hubPath}api/user`,
  })
}

/** @throws {HubError} InvalidInput for what the page does not offer: a form can be made by hand. */
function expiryIn({ config }: Site, value: string | null): { expiresInSeconds?: number } {
  const options = tokenExpiries(config.tokens.max_age)
  const seconds = chosenSeconds(
    options,
    value ?? options.find(({ selected }) => selected)?.value ?? '',
  )
  if (seconds === undefined)
    throw invalidInput('Choose from the list how long the token is to last.')
  return seconds === 'never' ? {} : { expiresInSeconds: seconds }
}

type Said = { readonly problem?: string; readonly done?: string | undefined }

function showTokens(site: Site, reply: FastifyReply, { problem, done }: Said): FastifyReply {
  const { request } = reply
  const { user } = visitorOf(request)
  const now = site.clock.now()
  const form = formOf(request)
  const tokens = listTokens(site, user.id)
  return site.show(reply, 'tokens', {
    note: form.get('note')?.slice(0, longestNote) ?? '',
    scopes: form.get('scopes')?.slice(0, longestNote) ?? '',
    expiries: tokenExpiries(site.config.tokens.max_age, form.get('expires_in') ?? undefined),
    tokens: tokens
      .filter(({ clientId }) => clientId === undefined)
      .map((token) => ({
        id: token.id,
        note: token.note,
        scopes: token.scopes.includes('inherit') ? '' : token.scopes.join(' '),
        created: momentOf(token.createdAt, now),
        used: momentOrNone(token.lastActivityAt, now),
        expires: momentOrNone(token.expiresAt, now),
        isServers: token.serverId !== undefined,
      })),
    apps: appsOf(site, tokens, user.name),
    problem,
    done,
  })
}

/** Every program once, however many tokens it has. */
function appsOf(site: Site, tokens: readonly Token[], user: string): ViewData['tokens']['apps'] {
  const now = site.clock.now()
  const byClient = Map.groupBy(
    tokens.filter((token) => token.clientId !== undefined),
    (token) => token.clientId ?? '',
  )
  return [...byClient].map(([clientId, own]) => {
    const used = own.reduce<Date | undefined>(
      (at, each) => laterOf(at, each.lastActivityAt),
      undefined,
    )
    const created = own.map((each) => each.createdAt).reduce((a, b) => (a < b ? a : b))
    const scopes = new Set(own.flatMap((each) => each.scopes))
    return {
      clientId,
      name: site.store.oauthProvider.findClient(clientId)?.description ?? clientId,
      scopes: [...scopes].map((scope) => describeScope(scope, { user })),
      created: momentOf(created, now),
      used: momentOrNone(used, now),
      count: own.length,
    }
  })
}

function showAgain(site: Site, reply: FastifyReply, thrown: unknown): FastifyReply {
  const error = asError(thrown)
  const { request } = reply
  const isCorrectable = error instanceof HubError && error.code === 'InvalidInput'
  if (!request.visitor || (!isCorrectable && !isStaleForm(error)))
    return createErrorHandler(site)(error, request, reply)
  reply.code(isCorrectable ? error.status : 403)
  const problem = isCorrectable ? error.message : 'This form has expired. Try again.'
  return showTokens(site, reply, { problem })
}
