/** Housekeeping: what is noted is written down, what has expired is removed. */
import { type Clock } from '../lib/time.ts'
import { type Routes } from '../proxy/routes.ts'
import { type Store } from '../store/store.ts'
import { type Activity } from './activity.ts'
import { type SessionVerbs } from './sessions.ts'
import { type TokenVerbs } from './tokens.ts'

/** Writes down who and what was used, the traffic to servers included (contract §6.3). */
export function writeActivity(needs: { routes: Routes; activity: Activity }): void {
  for (const { owner, lastActivityMs } of needs.routes.list()) {
    if (lastActivityMs > 0) needs.activity.sawServer(owner.serverId, new Date(lastActivityMs))
  }
  needs.activity.flush()
}

/** Removes sessions, tokens, links and codes past their end; they are refused from their end on in any case. */
export function removeExpired(needs: {
  store: Store
  clock: Clock
  sessions: SessionVerbs
  tokens: TokenVerbs
}): void {
  needs.sessions.expire()
  needs.tokens.expire()
  needs.store.links.removeExpired(needs.clock.now())
  needs.store.oauthProvider.removeExpiredCodes(needs.clock.now())
}
