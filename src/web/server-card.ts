/** A server as pages show it: its state, its addresses, when it was last used. */
import { notFound } from '../lib/errors.ts'
import { encodeSegment } from '../lib/url.ts'
import { serverPath, type Server } from '../model/server.ts'
import { type Activity } from '../core/activity.ts'
import { type Clock } from '../lib/time.ts'
import { type StoreReader } from '../store/store.ts'
import { isChoice, profileNameOf, type ChoiceNeeds } from './spawn-choice.ts'
import { type ServerCard } from './views.ts'
import { momentOrNone } from './words.ts'

export type CardNeeds = ChoiceNeeds & {
  readonly hubPath: string
  readonly config: { readonly base_url: string; readonly profiles: readonly unknown[] }
  readonly clock: Clock
  readonly activity: Activity
}

/** `ana` or `ana/lab2`, escaped for an address. */
export const pathNameOf = (server: Pick<Server, 'userName' | 'name'>): string =>
  encodeSegment(server.userName) + (server.name === '' ? '' : `/${encodeSegment(server.name)}`)

export function cardOf(needs: CardNeeds, server: Server): ServerCard {
  const { hubPath, clock, config } = needs
  const now = clock.now()
  const name = pathNameOf(server)
  return {
    name: server.name,
    title: server.displayName ?? server.name,
    owner: server.userName,
    state: server.state,
    url: serverPath(config.base_url, server.userName, server.name),
    startPath: `${hubPath}spawn/${name}`,
    stopPath: `${hubPath}stop/${name}`,
    pendingPath: `${hubPath}spawn-pending/${name}`,
    lastActivity: momentOrNone(needs.activity.ofServer(server), now),
    started: momentOrNone(server.startedAt, now),
    reason: server.failure?.message,
    profile: profileNameOf(needs, server),
    choosePath: isChoice(needs, server) ? `${hubPath}spawn/${name}` : undefined,
  }
}

/** @throws {HubError} NotFound for a user or server that does not exist. */
export function getServer(store: StoreReader, userName: string, serverName: string): Server {
  const user = store.users.findByName(userName)
  const server = user && store.servers.findByName(user.id, serverName)
  if (!server) throw notFound('There is no such user or server.')
  return server
}
