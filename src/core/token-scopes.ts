/** What a token may do at this moment: never more than its owner (contract §2.6). */
import {
  expandScopes,
  identifyScopes,
  intersectScopes,
  type ExpandedScopes,
  type GroupsOf,
} from '../model/scope.ts'
import { fullName } from '../model/server.ts'
import { type ServiceToken, type Token } from '../model/token.ts'
import { type User } from '../model/user.ts'
import { type Store } from '../store/store.ts'

/** `owned` is what the owner may do. */
export interface TokenScopes {
  ofToken(token: Token, user: User, owned: ExpandedScopes): ExpandedScopes
  ofServiceToken(token: ServiceToken, owned: ExpandedScopes): ExpandedScopes
}

type Needs = { readonly store: Store; readonly groupsOf: GroupsOf }

export function createTokenScopes({ store, groupsOf }: Needs): TokenScopes {
  /** The server or service that an OAuth client is. */
  const holderOfClient = (clientId: string): { server: string } | { service: string } | object => {
    const { serverId, serviceId } = store.oauthProvider.findClient(clientId) ?? {}
    const server = serverId === undefined ? undefined : store.servers.find(serverId)
    if (server) return { server: fullName(server) }
    const service = serviceId === undefined ? undefined : store.services.find(serviceId)
    return service ? { service: service.name } : {}
  }

  return {
    ofToken(token, user, owned) {
      if (token.scopes.includes('inherit')) return owned
      const client = token.clientId === undefined ? {} : holderOfClient(token.clientId)
      const access = Object.entries(client).map(([kind, name]) => `access:${kind}s!${kind}=${name}`)
      const granted = expandScopes([...token.scopes, ...access, ...identifyScopes(user.name)], {
        user: user.name,
        ...client,
      })
      return intersectScopes(granted, owned, groupsOf)
    },
    ofServiceToken(token, owned) {
      if (token.scopes.includes('inherit')) return owned
      return intersectScopes(expandScopes(token.scopes, {}), owned, groupsOf)
    },
  }
}
