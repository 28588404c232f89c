/** Other writers: commands beside the running hub change its database; what was known before is forgotten then. */
import { type Store } from '../store/store.ts'
import { type Access } from './access.ts'

export type OtherWriterNeeds = {
  readonly store: Pick<Store, 'otherWrites'>
  readonly access: Pick<Access, 'forgetAll'>
}

/** @returns what is to be called often: a look costs microseconds, and most find nothing. */
export function createOtherWritersWatch({ store, access }: OtherWriterNeeds): () => void {
  let seen = store.otherWrites()
  return () => {
    const now = store.otherWrites()
    if (now === seen) return
    seen = now
    access.forgetAll()
  }
}
