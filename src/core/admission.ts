/** What people run who may not use the hub any more ends; what they have open has ended already. */
import { isShutOut } from '../auth/policy.ts'
import { type LiveSettings } from '../config/live.ts'
import { forEach } from '../lib/each.ts'
import { type Store } from '../store/store.ts'
import { type Schedule } from './schedule.ts'
import { type ServerVerbs } from './servers.ts'

export type AdmissionNeeds = {
  readonly store: Store
  readonly servers: Pick<ServerVerbs, 'stop'>
  readonly settings: Pick<LiveSettings, 'config' | 'onChange'>
  readonly schedule: Pick<Schedule, 'soon'>
}

/** Stopped at the same time: each may take seconds. */
const atOnce = 8

const reason = 'Stopped because this account may not use the hub any more. The files are safe.'

/** Now, and whenever the settings change. */
export function keepOut(needs: AdmissionNeeds): void {
  const { store, servers, settings, schedule } = needs
  const stopTheirs = (): Promise<void> =>
    forEach(store.servers.listActive(), atOnce, async (server) => {
      const owner = store.users.find(server.userId)
      if (owner && isShutOut(owner, settings.config.users)) await servers.stop(server, reason)
    })
  const stopSoon = (): void => schedule.soon('stop servers of who is shut out', stopTheirs)
  stopSoon()
  settings.onChange(stopSoon)
}
