/** Tells owners when the memory limit ended a program of a server that goes on. */
import { type Log } from '../lib/log.ts'
import { type Spawner } from '../spawn/spawner.ts'
import { type Store } from '../store/store.ts'
import { label, serverSlug } from './start.ts'

export type MemoryNoticeNeeds = {
  readonly spawner: Pick<Spawner, 'onMemoryKill'>
  readonly store: Store
  readonly log: Log
}

/** What home shows beside the server, until it is stopped or started again. */
const memoryNotice =
  'A program of this server, such as the kernel of a notebook, was ended because the server reached its memory limit.'

export function noteMemoryKills({ spawner, store, log }: MemoryNoticeNeeds): void {
  spawner.onMemoryKill?.((slug) => {
    for (const server of store.servers.listActive()) {
      const user = store.users.find(server.userId)
      if (!user || server.state !== 'ready' || serverSlug(user, server) !== slug) continue
      store.servers.update(server.id, { failure: { message: memoryNotice } })
      log.info({ server: label(server) }, 'a program of a server reached its memory limit')
    }
  })
}
