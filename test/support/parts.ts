/** The inner parts of a hub on a database of their own: what tests of core verbs start from. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type Test } from 'tap'
import { createAccess, type Access, type Principal } from '../../src/core/access.ts'
import { createActivity } from '../../src/core/activity.ts'
import { createEvents } from '../../src/core/events.ts'
import { createOAuthProvider, type OAuthProvider } from '../../src/core/oauth-provider.ts'
import { createSchedule } from '../../src/core/schedule.ts'
import { createSessions, type NewSession, type SessionVerbs } from '../../src/core/sessions.ts'
import { createTokens, type TokenVerbs } from '../../src/core/tokens.ts'
import { createLog } from '../../src/lib/log.ts'
import { DAY } from '../../src/lib/time.ts'
import { type Server } from '../../src/model/server.ts'
import { sessionCookie } from '../../src/model/session.ts'
import { type User } from '../../src/model/user.ts'
import { openDatabase } from '../../src/store/database.ts'
import { createStore, type Store } from '../../src/store/store.ts'
import { createClock, type TestClock } from './clock.ts'

export type Parts = {
  readonly store: Store
  readonly clock: TestClock
  readonly access: Access
  readonly sessions: SessionVerbs
  readonly tokens: TokenVerbs
  readonly oauthProvider: OAuthProvider
  addUser(name: string): User
  serverOf(user: User, name?: string): Server
  logIn(user: User): NewSession
  /** Who a request with this session or token is from. */
  asSession(session: NewSession): Principal | undefined
  asToken(secret: string): Principal | undefined
}

/** `admin` becomes an administrator, whoever else is added is none. */
export function createParts(t: Test): Parts {
  const folder = mkdtempSync(path.join(tmpdir(), 'littlehub-parts-'))
  const log = createLog({ level: 'silent' })
  const store = createStore(openDatabase(path.join(folder, 'littlehub.db'), { log }))
  t.teardown(() => {
    store.close()
    rmSync(folder, { recursive: true, force: true })
  })
  const clock = createClock()
  const events = createEvents(log)
  const groupsOf = (): readonly string[] => []
  const limits = { idleTimeoutMs: 7 * DAY, maxAgeMs: 14 * DAY }
  const activity = createActivity({ store, clock })
  const access = createAccess({
    ...{ store, clock, activity, groupsOf, ...limits },
    isShutOut: () => false,
    schedule: createSchedule({ log }),
  })
  const sessions = createSessions({ store, clock, access, events, ...limits })
  const tokens = createTokens({ store, clock, access, groupsOf, events, baseUrl: '/', maxAgeMs: 0 })
  const oauthProvider = createOAuthProvider({ store, tokens, access, clock, groupsOf })

  return {
    store,
    clock,
    access,
    sessions,
    tokens,
    oauthProvider,
    addUser: (name) => store.users.create({ name, admin: name === 'admin', at: clock.now() }),
    serverOf: (user, name = '') =>
      store.servers.findByName(user.id, name) ?? store.servers.create(user.id, name),
    logIn: (user) => sessions.begin(user, { address: '127.0.0.1', userAgent: 'a browser' }),
    asSession: ({ secret }) => access.identify({ cookie: `${sessionCookie.plain}=${secret}` }),
    asToken: (secret) => access.identify({ authorization: `token ${secret}` }),
  }
}
