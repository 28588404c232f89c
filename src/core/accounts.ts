/** The verbs about accounts, their sessions and one-time links, built together. */
import { type Config } from '../config/schema.ts'
import { invalidInput } from '../lib/errors.ts'
import { passwordProblem } from '../lib/password-policy.ts'
import { type Passwords } from '../lib/password.ts'
import { type Clock } from '../lib/time.ts'
import { type Store } from '../store/store.ts'
import { type Access } from './access.ts'
import { type Events } from './events.ts'
import { createLinks, type Links } from './links.ts'
import { createSessions, type SessionVerbs } from './sessions.ts'
import { createUsers, type UserNeeds, type UserVerbs } from './users.ts'

export type Accounts = {
  readonly sessions: SessionVerbs
  readonly users: UserVerbs
  readonly links: Links
}

export type AccountNeeds = {
  readonly store: Store
  readonly clock: Clock
  readonly access: Access
  readonly events: Events
  readonly passwords: Passwords
  readonly config: Config
  readonly stopServers: UserNeeds['stopServers']
  readonly accountChanged: UserNeeds['accountChanged']
}

export function createAccounts(needs: AccountNeeds): Accounts {
  const { config } = needs
  const checkPassword = (password: string, name: string): void => {
    const problem = passwordProblem(password, { minLength: config.password.min_length, name })
    if (problem !== undefined) throw invalidInput(problem)
  }
  const sessions = createSessions({
    ...needs,
    get idleTimeoutMs() {
      return config.session.idle_timeout
    },
    get maxAgeMs() {
      return config.session.max_age
    },
  })
  const users = createUsers({
    ...needs,
    sessions,
    checkPassword,
    invite: (user) => (config.auth.type === 'native' ? links.invite(user) : undefined),
  })
  const links: Links = createLinks({
    ...needs,
    users,
    sessions,
    hubPath: `${config.base_url}hub/`,
    checkPassword,
    get validMs() {
      const { claim_valid: claim, invite_valid: invite, reset_valid: reset } = config.links
      return { claim, invite, reset }
    },
  })
  return { sessions, users, links }
}
