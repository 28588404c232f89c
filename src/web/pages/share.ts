/** Sharing a server: with whom it is shared, links that share it, and ending both (contract §3.10). */
import { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { type Principal } from '../../core/access.ts'
import { type ShareWith } from '../../core/shares.ts'
import { asError, forbidden, HubError, invalidInput, notFound } from '../../lib/errors.ts'
import { withQuery } from '../../lib/url.ts'
import { describeScope } from '../../model/scope.ts'
import { fullName, type Server } from '../../model/server.ts'
import { defaultShareScopes, scopesOnServer, type Share } from '../../model/share.ts'
import { isStaleForm } from '../csrf.ts'
import { createErrorHandler } from '../errors.ts'
import { chosenSeconds, shareValidities } from '../expiry.ts'
import { formOf, queryOf } from '../form.ts'
import { type PageAccess } from '../guard.ts'
import { pathNameOf } from '../server-card.ts'
import { serverIn, type ServerParams } from '../server-route.ts'
import { type Site } from '../site.ts'
import { momentOf } from '../words.ts'

/** Its owner where owners may share, and whoever may share servers of others. */
const mayShare: PageAccess = {
  scope: 'shares',
  target: ({ params }) => {
    const { user, server = '' } = params as ServerParams['Params']
    return { server: `${user}/${server}` }
  },
}

const sentences: ReadonlyMap<string | null, string> = new Map([
  ['shared', 'The server is shared. Whoever it is shared with finds it on their home page.'],
  ['ended', 'This share has ended, at once.'],
  ['code', 'The link is dead. Whoever used it before keeps the server.'],
])

/** Nobody reads a longer list; the API has all of it. */
const everything = { offset: 0, limit: 500 }

type Asked = {
  readonly server: Server
  readonly visitor: Principal
  readonly form: URLSearchParams
}

export function sharePages(app: FastifyInstance, site: Site): void {
  for (const name of [':user', ':user/:server']) {
    const pattern = `${site.hubPath}share/${name}`
    app.get<ServerParams>(pattern, { config: { access: mayShare } }, (request, reply) =>
      showShares(site, reply, { done: sentences.get(queryOf(request).get('done')) }),
    )
    app.post<ServerParams>(pattern, {
      config: { access: mayShare },
      errorHandler: (error, _request, reply) => void showAgain(site, reply, error),
      handler: (request, reply) => act(site, request, reply),
    })
  }
}

/** One address with several buttons: any word behind it could be the name of a server. */
function act(site: Site, request: FastifyRequest<ServerParams>, reply: FastifyReply): FastifyReply {
  const { visitor } = request
  if (!visitor) throw forbidden('You are not logged in any more.')
  const asked = { server: serverIn(site.store, request), visitor, form: formOf(request) }
  switch (asked.form.get('do') ?? '') {
    case 'share':
      site.shares.grant(asked.server, { with: holderIn(asked), issuer: visitor.scopes })
      return back(site, reply, { asked, done: 'shared' })
    case 'end':
      site.shares.revoke(asked.server, { with: holderIn(asked) })
      return back(site, reply, { asked, done: 'ended' })
    case 'link':
      return makeLink(site, reply, asked)
    case 'end-link':
      site.shares.revokeCodes(asked.server, { id: Number(asked.form.get('id') ?? 0) })
      return back(site, reply, { asked, done: 'code' })
    default:
      throw notFound('There is no such button.')
  }
}

const pathOf = ({ hubPath }: Site, server: Server): string =>
  `${hubPath}share/${pathNameOf(server)}`

const back = (
  site: Site,
  reply: FastifyReply,
  { asked, done }: { asked: Asked; done: string },
): FastifyReply => reply.redirect(withQuery(pathOf(site, asked.server), { done }), 303)

/** @throws {HubError} InvalidInput */
function holderIn({ form }: Asked): ShareWith {
  const user = form.get('user')?.trim() ?? ''
  const group = form.get('group')?.trim() ?? ''
  if (user !== '' && group !== '')
    throw invalidInput('Share with a person or a group, not both at once.')
  if (user !== '') return { user }
  if (group !== '') return { group }
  throw invalidInput('Write the name of a person or of a group.')
}

function makeLink(site: Site, reply: FastifyReply, asked: Asked): FastifyReply {
  const seconds = chosenSeconds(shareValidities(), asked.form.get('expires_in') ?? '')
  if (typeof seconds !== 'number')
    throw invalidInput('Choose from the list how long the link is to work.')
  const { code, secret } = site.shares.createCode(asked.server, {
    expiresInSeconds: seconds,
    issuer: asked.visitor.scopes,
  })
  const path = withQuery(`${site.hubPath}accept-share`, { code: secret })
  return site.show(reply, 'share-link', {
    title: titleOf(asked.server),
    link: site.ownOrigin(reply.request) + path,
    expires: momentOf(code.expiresAt, site.clock.now()),
    backPath: pathOf(site, asked.server),
  })
}

const titleOf = ({ name, userName }: Server): string =>
  name === '' ? userName : `${userName}/${name}`

type Said = { readonly problem?: string; readonly done?: string | undefined }

function showShares(site: Site, reply: FastifyReply, { problem, done }: Said): FastifyReply {
  const request = reply.request as FastifyRequest<ServerParams>
  const server = serverIn(site.store, request)
  const { store, clock } = site
  const now = clock.now()
  const form = formOf(request)
  return site.show(reply, 'share', {
    owner: server.userName,
    own: server.userId === request.visitor?.user.id,
    name: server.name,
    action: pathOf(site, server),
    shares: store.shares.listOfServer(server.id, everything, now).map((share) => ({
      kind: share.with.kind,
      name: share.with.name,
      scopes: besidesOpening(share),
      created: momentOf(share.createdAt, now),
    })),
    codes: store.shareCodes.listOfServer(server.id, everything, now).map((code) => ({
      id: code.id,
      created: momentOf(code.createdAt, now),
      expires: momentOf(code.expiresAt, now),
      used: code.exchangeCount,
    })),
    validities: shareValidities(form.get('expires_in') ?? undefined),
    with: form.get('user')?.slice(0, 256) ?? '',
    withGroup: form.get('group')?.slice(0, 256) ?? '',
    problem,
    done,
  })
}

/** Programs can share more than that. */
function besidesOpening({ scopes, server }: Share): string[] {
  const opening = scopesOnServer(defaultShareScopes, fullName(server))
  return scopes.filter((scope) => !opening.includes(scope)).map((scope) => describeScope(scope, {}))
}

function showAgain(site: Site, reply: FastifyReply, thrown: unknown): FastifyReply {
  const error = asError(thrown)
  const { visitor } = reply.request
  const isCorrectable =
    error instanceof HubError && (error.code === 'InvalidInput' || error.code === 'Forbidden')
  if (!visitor || !(isCorrectable || isStaleForm(error)) || !isOpenTo(site, reply))
    return createErrorHandler(site)(error, reply.request, reply)
  reply.code(isCorrectable ? error.status : 403)
  const problem = isStaleForm(error) ? 'This form has expired. Try again.' : error.message
  return showShares(site, reply, { problem })
}

/** A refusal of the guard itself shows nobody the list. */
function isOpenTo(site: Site, { request }: FastifyReply): boolean {
  const { user, server = '' } = request.params as ServerParams['Params']
  return site.access.can(request.visitor, 'shares', { server: `${user}/${server}` })
}
