/** Routes about one server: whose, which, and who may manage it. */
import { type FastifyRequest } from 'fastify'
import { type ScopeTarget } from '../model/scope.ts'
import { type Server } from '../model/server.ts'
import { type StoreReader } from '../store/store.ts'
import { type PageAccess } from './guard.ts'
import { getServer } from './server-card.ts'

export type ServerParams = { Params: { user: string; server?: string } }

const paramsOf = (request: FastifyRequest): ServerParams['Params'] =>
  request.params as ServerParams['Params']

/** Its owner, and whoever may start and stop servers of others (contract §5.6). */
export const mayManage: PageAccess = { scope: 'servers', target: serverTarget }

/** The one that the path names. */
export function serverTarget(request: FastifyRequest): ScopeTarget {
  const { user, server = '' } = paramsOf(request)
  return { server: `${user}/${server}` }
}

/** @throws {HubError} NotFound */
export function serverIn(store: StoreReader, request: FastifyRequest<ServerParams>): Server {
  return getServer(store, request.params.user, request.params.server ?? '')
}
