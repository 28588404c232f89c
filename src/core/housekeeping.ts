/** Housekeeping: what is noted is written down, what has expired is removed. */
import { type Clock } from '../lib/time.ts'
import { isServerRoute, type Routes } from '../proxy/routes.ts'
import { type Store } from '../store/store.ts'
import { type Activity } from './activity.ts'
import { type SessionVerbs } from './sessions.ts'
import { type ShareVerbs } from './shares.ts'
import { type TokenVerbs } from './tokens.ts'

type ActivityNeeds = { readonly routes: Routes; readonly activity: Activity }

/** Takes over what the proxy saw: the traffic to servers is their owners' as well (contract §6.3). */
export function noteTraffic({ routes, activity }: ActivityNeeds): void {
  for (const { owner, lastActivityMs } of routes.list().filter(isServerRoute)) {
    if (lastActivityMs === 0) continue
    const at = new Date(lastActivityMs)
    activity.sawServer(owner.serverId, at)
    activity.sawUser(owner.userId, at)
  }
}

/** Writes down who and what was used, the traffic to servers included. */
export function writeActivity(needs: ActivityNeeds): void {
  noteTraffic(needs)
  needs.activity.flush()
}

/** Removes sessions, tokens, links, shares and codes past their end; they are refused from their end on in any case. */
export function removeExpired(needs: {
  store: Store
  clock: Clock
  activity: Activity
  sessions: SessionVerbs
  tokens: TokenVerbs
  shares: ShareVerbs
}): void {
  // What was used a moment ago has to be known as used before the unused are removed.
  needs.activity.flush()
  needs.sessions.expire()
  needs.tokens.expire()
  needs.shares.expire()
  needs.store.links.removeExpired(needs.clock.now())
  needs.store.oauthProvider.removeExpiredCodes(needs.clock.now())
}
