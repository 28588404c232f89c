/** API tokens: issue (never more than owner and issuer may do themselves), revoke, expire. */
import { invalidInput } from '../lib/errors.ts'
import { hashSecret, newSecret } from '../lib/secret.ts'
import { SECOND, type Clock } from '../lib/time.ts'
import {
  expandScopes,
  grantScopes,
  intersectScopes,
  listScopes,
  type GroupsOf,
  type ScopeSet,
} from '../model/scope.ts'
import { checkScopes, resolveFilter } from '../model/scope-form.ts'
import { fullName, serverClientId, serverPath, type Server } from '../model/server.ts'
import { type Service } from '../model/service.ts'
import { type Token, type TokenHash, type TokenSecret } from '../model/token.ts'
import { type User } from '../model/user.ts'
import { type Store } from '../store/store.ts'
import { type Access } from './access.ts'
import { type Events } from './events.ts'
import { createRights } from './rights.ts'

export type TokenRequest = {
  readonly user: User
  readonly note: string
  /** Undefined: `inherit`, everything the owner may do. */
  readonly scopes?: readonly string[]
  /** Undefined: as long as there may be one. */
  readonly expiresInSeconds?: number | undefined
  /** What whoever asks for the token may do; undefined for the hub itself and for operators. */
  readonly issuer?: ScopeSet
}

export type NewTokenSecret = { readonly token: Token; readonly secret: TokenSecret }

export interface TokenVerbs {
  /** @throws {HubError} InvalidInput: unknown scope, more than the owner or the issuer has, or longer than any may last. */
  issue(request: TokenRequest): NewTokenSecret
  /** The token of one run of a server (contract §1.9). Replaces older ones. */
  issueForServer(server: Server): TokenSecret
  /** A token that an OAuth client got for a user (contract §2.5). */
  issueForClient(request: {
    user: User
    clientId: string
    scopes: readonly string[]
    sessionPublicId: string | undefined
    expiresInSeconds: number
  }): NewTokenSecret
  /** A token of a service for one server only, so that this server never sees the service's own. */
  issueForService(request: {
    service: Service
    clientId: string
    scopes: readonly string[]
    expiresInSeconds: number
  }): TokenSecret
  /** An OAuth client's token takes its siblings with it. */
  revoke(token: Token): void
  /** Whatever one run of a server was given: its token, its OAuth client, and the tokens that client got. */
  revokeForServer(server: Server): void
  /** Removes those past their end, at most so many, and what was opened with them. @returns whether there may be more. */
  expire(most: number): boolean
}

export type TokenNeeds = {
  readonly store: Store
  readonly clock: Clock
  readonly access: Access
  readonly groupsOf: GroupsOf
  readonly events: Events
  readonly baseUrl: string
  /** Longest life of a token that somebody asks for; 0: no limit. */
  readonly maxAgeMs: number
}

type NewToken = {
  readonly user: { readonly id: number; readonly name: string }
  readonly note: string
  readonly scopes: readonly string[]
  readonly clientId?: string
  readonly serverId?: number
  readonly sessionPublicId?: string | undefined
  readonly expiresInSeconds?: number | undefined
}

export function createTokens(needs: TokenNeeds): TokenVerbs {
  const { store, clock, access, groupsOf, events } = needs
  const rights = createRights({ store, clock })
  const defaultScopes = (): readonly string[] => rights.getDefaultRole('token').scopes

  const create = ({ user, expiresInSeconds, ...rest }: NewToken): NewTokenSecret => {
    const secret = newSecret() as TokenSecret
    const createdAt = clock.now()
    const token = store.tokens.create({
      hash: hashSecret(secret) as TokenHash,
      userId: user.id,
      note: rest.note,
      scopes: rest.scopes,
      clientId: rest.clientId,
      serverId: rest.serverId,
      sessionPublicId: rest.sessionPublicId,
      createdAt,
      expiresAt:
        expiresInSeconds === undefined
          ? undefined
          : new Date(createdAt.getTime() + expiresInSeconds * SECOND),
    })
    events.tokenIssued(user.name, token.id)
    return { token, secret }
  }

  /** Only scopes that the owner holds whole, `inherit` always (JupyterHub: `_token_allowed_scopes`). */
  const heldByOwner = (user: User, scopes: readonly string[]): readonly string[] => {
    checkScopes(scopes)
    const { denied } = grantScopes(
      scopes.filter((scope) => scope !== 'inherit'),
      rights.ofUser(user).scopes,
      { holder: { user: user.name }, groupsOf },
    )
    if (denied.length > 0) throw notHeld(denied, `User ${user.name}`)
    return scopes
  }

  /** What is asked for must be the issuer's too; a token that nothing was asked for gets what both have (security S-06). */
  const heldByIssuer = (
    user: User,
    { asked, issuer }: { asked: readonly string[] | undefined; issuer: ScopeSet },
  ): readonly string[] => {
    const scopes = asked ?? defaultScopes()
    const wanted = scopes.includes('inherit')
      ? rights.ofUser(user).scopes
      : expandScopes(scopes, { user: user.name })
    const common = listScopes(intersectScopes(wanted, issuer.expanded(), groupsOf))
    if (new Set(listScopes(wanted)).isSubsetOf(new Set(common))) return scopes
    if (asked === undefined) return common
    throw notHeld(asked, 'whoever asks for this token')
  }

  /** In seconds; undefined: for ever. (JupyterHub: `token_expires_in_max_seconds`) */
  const lifeOf = (wanted: number | undefined): number | undefined => {
    const longest = needs.maxAgeMs === 0 ? Infinity : Math.floor(needs.maxAgeMs / SECOND)
    if (wanted !== undefined && wanted > longest)
      throw invalidInput(`expires_in: ${wanted} must not exceed ${longest}`)
    return wanted ?? (longest === Infinity ? undefined : longest)
  }

  const issue: TokenVerbs['issue'] = ({ user, note, scopes, expiresInSeconds, issuer }) => {
    const owned = heldByOwner(user, scopes ?? defaultScopes())
    const granted = issuer ? heldByIssuer(user, { asked: scopes, issuer }) : owned
    return create({ user, note, scopes: granted, expiresInSeconds: lifeOf(expiresInSeconds) })
  }

  const issueForServer: TokenVerbs['issueForServer'] = (server) => {
    const path = serverPath(needs.baseUrl, server.userName, server.name)
    const holder = { user: server.userName, server: fullName(server) }
    const { secret, replaced } = store.transaction(() => {
      const replaced = removeForServer(server)
      const issued = create({
        user: { id: server.userId, name: server.userName },
        note: `Server at ${path}`,
        scopes: rights
          .getDefaultRole('server')
          .scopes.flatMap((scope) => resolveFilter(scope, holder) ?? []),
        serverId: server.id,
      })
      store.oauthProvider.saveClient({
        id: serverClientId(server.userName, server.name),
        secretHash: hashSecret(issued.secret),
        redirectUri: `${path}oauth_callback`,
        description: `Server at ${path}`,
        allowedScopes: [`access:servers!server=${fullName(server)}`],
        serverId: server.id,
      })
      return { secret: issued.secret, replaced }
    })
    for (const userId of replaced) access.forget(userId)
    return secret
  }

  /** @returns whose tokens are gone: others' too, which this server's OAuth client got. */
  const removeForServer = (server: Server): Set<number> => {
    const client = store.oauthProvider.findClientOfServer(server.id)
    const owners = client ? store.tokens.listOwnersOfClient(client.id) : []
    store.tokens.removeOfServer(server.id)
    if (client) store.oauthProvider.removeClient(client.id)
    return new Set([server.userId, ...owners])
  }

  return {
    issue,
    issueForServer,
    issueForClient: (request) => create({ ...request, note: '' }),
    issueForService({ service, expiresInSeconds, ...request }) {
      const secret = newSecret() as TokenSecret
      const createdAt = clock.now()
      store.serviceTokens.create({
        ...request,
        hash: hashSecret(secret) as TokenHash,
        serviceId: service.id,
        note: '',
        createdAt,
        expiresAt: new Date(createdAt.getTime() + expiresInSeconds * SECOND),
      })
      return secret
    },
    revoke(token) {
      if (token.clientId === undefined) store.tokens.remove(token.id)
      else store.tokens.removeOfClient(token.userId, token.clientId)
      access.forget(token.userId)
    },
    revokeForServer(server) {
      const owners = store.transaction(() => removeForServer(server))
      for (const userId of owners) access.forget(userId)
    },
    expire(most) {
      const owners = store.tokens.removeExpired(clock.now(), most)
      for (const userId of new Set(owners)) if (userId !== undefined) access.forget(userId)
      access.forgetServices()
      return owners.length === most
    },
  }
}

const notHeld = (scopes: readonly string[], who: string) =>
  invalidInput(
    `Not assigning requested scopes ${scopes.join(', ').slice(0, 300)} not held by ${who}`,
  )
