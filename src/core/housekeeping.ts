/** Housekeeping: what is noted is written down, what has expired is removed. */
import { setImmediate } from 'node:timers/promises'
import { type Clock } from '../lib/time.ts'
import { giveWay } from '../lib/turns.ts'
import { isServerRoute, type Route, type Routes } from '../proxy/routes.ts'
import { type Store } from '../store/store.ts'
import { type Activity } from './activity.ts'
import { type AddedRoutes } from './added-routes.ts'
import { type SessionVerbs } from './sessions.ts'
import { type ShareVerbs } from './shares.ts'
import { type TokenVerbs } from './tokens.ts'

type TrafficNeeds = { readonly routes: Routes; readonly activity: Activity }

type ActivityNeeds = TrafficNeeds & { readonly addedRoutes: Pick<AddedRoutes, 'writeUse'> }

/** Takes over what the proxy saw of the server at one address. */
export function noteTrafficOf(path: string, { routes, activity }: TrafficNeeds): void {
  const route = routes.match(path)
  if (route) note(route, activity)
}

/** The traffic to servers is their owners' as well (contract §6.3). */
function note(route: Route, activity: Activity): void {
  const { lastActivityMs } = route
  if (!isServerRoute(route) || lastActivityMs === 0) return
  const at = new Date(lastActivityMs)
  activity.sawServer(route.owner.serverId, at)
  activity.sawUser(route.owner.userId, at)
}

/** What is written or removed in one turn of the event loop. */
const pieceSize = 200

/** Writes down who and what was used, the traffic to servers and added routes included. */
export function writeActivity(needs: ActivityNeeds): void {
  for (const route of needs.routes.list()) note(route, needs.activity)
  needs.activity.flush()
  needs.addedRoutes.writeUse()
}

/** The same for a hub that goes on: everybody else gets a turn in between. */
export async function writeActivityInTurns(needs: ActivityNeeds): Promise<void> {
  for (const route of needs.routes.list()) {
    const pause = giveWay()
    if (pause) await pause
    note(route, needs.activity)
  }
  await inTurns(() => needs.activity.flush(pieceSize))
  await inTurns(() => needs.addedRoutes.writeUse(pieceSize))
}

/** Does pieces of `work` until it says that there is no more. */
async function inTurns(work: () => boolean): Promise<void> {
  while (work()) await setImmediate()
}

/** Removes sessions, tokens, links, shares and codes past their end; they are refused from their end on in any case. */
export async function removeExpired(needs: {
  store: Store
  clock: Clock
  activity: Activity
  sessions: SessionVerbs
  tokens: TokenVerbs
  shares: ShareVerbs
}): Promise<void> {
  const { activity, sessions, tokens, shares, store, clock } = needs
  if (sessions.mayExpire()) {
    // What was used a moment ago has to be known as used before the unused are removed.
    await inTurns(() => activity.flush(pieceSize))
    await inTurns(() => {
      activity.flush()
      return sessions.expire(pieceSize)
    })
  }
  await inTurns(() => tokens.expire(pieceSize))
  await inTurns(() => shares.expire(pieceSize))
  await inTurns(() => store.links.removeExpired(clock.now(), pieceSize) === pieceSize)
  await inTurns(() => store.oauthProvider.removeExpiredCodes(clock.now(), pieceSize) === pieceSize)
}
