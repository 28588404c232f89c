/** What an OAuth client is for a person: somebody's server, or a service, and whether they may open it. */
import { forbidden, invalidInput } from '../lib/errors.ts'
import { type OAuthClient } from '../model/oauth-provider.ts'
import { type ScopeHolder } from '../model/scope-form.ts'
import { fullName } from '../model/server.ts'
import { type StoreReader } from '../store/store.ts'
import { type Access, type Principal } from './access.ts'

export type Place = {
  readonly holder: ScopeHolder & { readonly user: string }
  /** Whose server it is; empty for a service. */
  readonly owner: string
  /** Nobody has to be asked: it is their own, or an administrator said so. */
  readonly isTrusted: boolean
}

type Asking = {
  readonly principal: Principal
  readonly store: Pick<StoreReader, 'servers' | 'services'>
  readonly access: Pick<Access, 'can'>
}

/**
 * Whoever authorizes a client must be allowed to open it (contract §2.2.5).
 * @throws {HubError} Forbidden: they may not; InvalidInput: it is gone.
 */
export function placeOf(client: OAuthClient, asking: Asking): Place {
  const place = serviceOf(client, asking) ?? serverOf(client, asking)
  if (!place) throw invalidInput('This application is not available any more.')
  return place
}

function serviceOf(
  { serviceId, noConfirm = false }: OAuthClient,
  { principal, store, access }: Asking,
): Place | undefined {
  const service = serviceId === undefined ? undefined : store.services.find(serviceId)
  if (!service) return undefined
  const { name } = service
  if (!access.can(principal, 'access:services', { service: name }))
    throw forbidden(`You may not use the service ${name}.`)
  return { holder: { user: principal.user.name, service: name }, owner: '', isTrusted: noConfirm }
}

function serverOf(
  { serverId }: OAuthClient,
  { principal, store, access }: Asking,
): Place | undefined {
  const server = serverId === undefined ? undefined : store.servers.find(serverId)
  if (!server) return undefined
  if (!access.can(principal, 'access:servers', { server: fullName(server) }))
    throw forbidden(`You may not open the server of ${server.userName}.`)
  const { id, name } = principal.user
  const holder = { user: name, server: fullName(server) }
  return { holder, owner: server.userName, isTrusted: server.userId === id }
}
