/** The store: all modules bound to one database. Synchronous. */
import { createAddedRoutes, type AddedRoutes } from './added-routes.ts'
import { createAuthStates, type AuthStates } from './auth-states.ts'
import { type Database } from './database.ts'
import { createFacts, type Facts } from './facts.ts'
import { createGroups, type Groups } from './groups.ts'
import { createOAuthProviderRows, type OAuthProviderRows } from './oauth-provider.ts'
import { createOneTimeLinks, type OneTimeLinks } from './one-time-links.ts'
import { createRoles, type Roles } from './roles.ts'
import { keepRoom, lacksRoom } from './room.ts'
import { createServers, type Servers } from './servers.ts'
import { createServiceTokens, type ServiceTokens } from './service-tokens.ts'
import { createServices, type Services } from './services.ts'
import { createSessions, type Sessions } from './sessions.ts'
import { createShareCodes, type ShareCodes } from './share-codes.ts'
import { createShares, type Shares } from './shares.ts'
import { createTokens, type Tokens } from './tokens.ts'
import { createUsers, type Users } from './users.ts'

export interface Store {
  readonly users: Users
  readonly sessions: Sessions
  readonly links: OneTimeLinks
  readonly tokens: Tokens
  readonly servers: Servers
  readonly oauthProvider: OAuthProviderRows
  readonly groups: Groups
  readonly roles: Roles
  readonly services: Services
  readonly serviceTokens: ServiceTokens
  readonly shares: Shares
  readonly shareCodes: ShareCodes
  readonly facts: Facts
  readonly authStates: AuthStates
  readonly addedRoutes: AddedRoutes
  /** Runs `work` atomically; nested calls are savepoints. `work` must not await. */
  transaction<Result>(work: () => Result): Result
  /** A number that moves whenever another process has changed the database. @see SQLite: `pragma data_version` */
  otherWrites(): number
  /** Writes a complete copy of the database to the new file `to`, without standing still. */
  backUp(to: string): Promise<void>
  /** Grows the database beforehand, so that it needs no disk for a while. @throws {HubError} Unavailable on a full one. */
  keepRoom(): Promise<void>
  lacksRoom(): boolean
  /** Checkpoints the write-ahead log and closes. */
  close(): void
}

type Reading =
  `find${string}` | `get${string}` | `list${string}` | `count${string}` | `has${string}`
type ReadOnly<Module> = { [Key in keyof Module as Key extends Reading ? Key : never]: Module[Key] }

/** What routes may use: reading. Changes go through a core verb. */
export type StoreReader = {
  readonly [Key in keyof Omit<Store, Whole>]: ReadOnly<Store[Key]>
}

/** What is done with all of it. */
type Whole = 'transaction' | 'otherWrites' | 'backUp' | 'keepRoom' | 'lacksRoom' | 'close'

/** Prepares every statement of the store; `close` closes the database. */
export function createStore(database: Database): Store {
  return {
    users: createUsers(database),
    sessions: createSessions(database),
    links: createOneTimeLinks(database),
    tokens: createTokens(database),
    servers: createServers(database),
    oauthProvider: createOAuthProviderRows(database),
    groups: createGroups(database),
    roles: createRoles(database),
    services: createServices(database),
    serviceTokens: createServiceTokens(database),
    shares: createShares(database),
    shareCodes: createShareCodes(database),
    facts: createFacts(database),
    authStates: createAuthStates(database),
    addedRoutes: createAddedRoutes(database),
    transaction: (work) => database.transaction(work),
    otherWrites: () => Number(database.pragma('data_version')),
    keepRoom: () => keepRoom(database),
    lacksRoom: () => lacksRoom(database),
    backUp: (to) => database.backupBeside(to),
    close: () => database.close(),
  }
}
