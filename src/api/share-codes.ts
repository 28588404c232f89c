/** `/share-codes`: links that let whoever follows them use a server (contract §3.10). */
import { type FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { notFound } from '../lib/errors.ts'
import { parse, readJson } from './body.ts'
import { callerOf, type ApiNeeds } from './guard.ts'
import { lastOf, pageQuery, paginate, queryOf, readPage } from './page.ts'
import { createSharePresenter } from './present-shares.ts'
import { serverNameIn, sharedServerIn, shareScopes } from './shares.ts'
import { userIn } from './users.ts'
import { newShareCode, pageOf, shareCode } from './schemas.ts'

/** Which numbers of seconds are good the verb says. */
const codeRequest = Type.Object(
  { scopes: shareScopes, expires_in: Type.Optional(Type.Number()) },
  { additionalProperties: false },
)

const codeQuery = {
  code: Type.String({ description: 'The secret of the code that is to end.' }),
  id: Type.String({ description: 'The id of the code that is to end; with neither all end.' }),
}

export function shareCodeRoutes(app: FastifyInstance, needs: ApiNeeds): void {
  const { shares, store, clock, config } = needs
  const present = createSharePresenter(needs)
  const listing = { query: pageQuery, answers: { 200: pageOf(Type.Array(shareCode)) } }
  const ofUser = { scope: 'read:shares', target: 'user', ...listing } as const
  const ofServer = { scope: 'read:shares', target: 'server', ...listing } as const

  app.get('/share-codes/:name', { config: ofUser }, (request) => {
    const { id } = userIn(request, needs)
    const page = { ...readPage(request, config.api), wrapped: true }
    const codes = store.shareCodes.listOfOwner(id, page, clock.now())
    const total = store.shareCodes.countOfOwner(id, clock.now())
    return paginate(request, page, { items: codes.map((one) => present.code(one)), total })
  })

  app.get('/share-codes/:name/:server', { config: ofServer }, (request) => {
    const { id } = sharedServerIn(request, needs)
    const page = { ...readPage(request, config.api), wrapped: true }
    const codes = store.shareCodes.listOfServer(id, page, clock.now())
    const total = store.shareCodes.countOfServer(id, clock.now())
    return paginate(request, page, { items: codes.map((one) => present.code(one)), total })
  })

  const sharing = { scope: 'shares', target: 'server' } as const
  const making = { ...sharing, body: codeRequest, answers: { 200: newShareCode } }
  app.post('/share-codes/:name/:server', { config: making }, (request) => {
    const { scopes, expires_in: expiresInSeconds } = parse(codeRequest, readJson(request) ?? {})
    const { scopes: issuer } = callerOf(request)
    const made = shares.createCode(serverNameIn(request), { scopes, expiresInSeconds, issuer })
    return present.code(made.code, made.secret)
  })

  const revoking = { ...sharing, query: codeQuery, answers: { 204: 'nothing' } } as const
  app.delete('/share-codes/:name/:server', { config: revoking }, (request, reply) => {
    shares.revokeCodes(serverNameIn(request), whichCode(queryOf(request)))
    return reply.code(204).send()
  })
}

/** Undefined: all of them. @throws {HubError} NotFound for an id that no code has. */
function whichCode(query: URLSearchParams): { secret: string } | { id: number } | undefined {
  const secret = lastOf(query, 'code')
  if (secret !== undefined) return { secret }
  const id = lastOf(query, 'id')
  if (id === undefined) return undefined
  const number = /^sc_(\d{1,15})$/.exec(id)?.[1]
  if (number === undefined) throw notFound('No such share code')
  return { id: Number(number) }
}
