/** Auth states: what authenticators learnt of users, sealed by whoever brings it. */
import { type Database } from './database.ts'

export type SealedState = { readonly userId: number; readonly sealed: string }

export interface AuthStates {
  find(userId: number): string | undefined
  /** Those of the users after this id, by id. */
  listAfter(userId: number, limit: number): SealedState[]
  save(userId: number, sealed: string): void
  remove(userId: number): void
}

export function createAuthStates(database: Database): AuthStates {
  const ofUser = database.prepare<SealedState>(
    'select user_id as userId, sealed from auth_states where user_id = ?',
  )
  const after = database.prepare<SealedState>(`
    select user_id as userId, sealed from auth_states where user_id > ? order by user_id limit ?`)
  const save = database.prepare(`
    insert into auth_states (user_id, sealed) values (?, ?)
    on conflict (user_id) do update set sealed = excluded.sealed`)
  const remove = database.prepare('delete from auth_states where user_id = ?')
  return {
    find: (userId) => ofUser.get([userId])?.sealed,
    listAfter: (userId, limit) => after.all([userId, limit]),
    save: (userId, sealed) => void save.run([userId, sealed]),
    remove: (userId) => void remove.run([userId]),
  }
}
