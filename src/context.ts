/** The composition root: builds every part once, by hand, in order, with overrides for tests. */
import { type Authenticator } from './auth/authenticator.ts'
import { type Config } from './config/schema.ts'
import { type Access } from './core/access.ts'
import { type Activity } from './core/activity.ts'
import { type Links } from './core/links.ts'
import { type Login } from './core/login.ts'
import { type OAuthProvider } from './core/oauth-provider.ts'
import { type ServerVerbs } from './core/servers.ts'
import { type SessionVerbs } from './core/sessions.ts'
import { type TokenVerbs } from './core/tokens.ts'
import { type UserVerbs } from './core/users.ts'
import { type Log } from './lib/log.ts'
import { type Clock } from './lib/time.ts'
import { type StoreReader } from './store/store.ts'

/** What route files get: readers, verbs, settings. */
export type Context = {
  readonly config: Config
  readonly log: Log
  readonly clock: Clock
  readonly store: StoreReader
  readonly authenticator: Authenticator
  readonly access: Access
  readonly login: Login
  readonly sessions: SessionVerbs
  readonly users: UserVerbs
  readonly links: Links
  readonly tokens: TokenVerbs
  readonly servers: ServerVerbs
  readonly activity: Activity
  readonly oauthProvider: OAuthProvider
  /** 32 random bytes that sign CSRF tokens and login flows. */
  readonly signingKey: Buffer
}
