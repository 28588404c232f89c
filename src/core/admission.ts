/** What people run who may not use the hub any more ends; what they have open has ended already. */
import { forEach } from '../lib/each.ts'
import { type User } from '../model/user.ts'
import { type Store } from '../store/store.ts'
import { type ServerVerbs } from './servers.ts'

export type AdmissionNeeds = {
  readonly store: Store
  readonly servers: Pick<ServerVerbs, 'stop'>
  readonly isShutOut: (user: User) => boolean
}

/** Stopped at the same time: each may take seconds. */
const atOnce = 8

const reason = 'Stopped because this account may not use the hub any more. The files are safe.'

/** Call after any change of who may use the hub. */
export async function stopServersOfShutOut(needs: AdmissionNeeds): Promise<void> {
  const { store, servers, isShutOut } = needs
  await forEach(store.servers.listActive(), atOnce, async (server) => {
    const owner = store.users.find(server.userId)
    if (owner && isShutOut(owner)) await servers.stop(server, reason)
  })
}
