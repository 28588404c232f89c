/** Servers: one row per named server of a user, running or not. */
import { type Server } from '../model/server.ts'

/** What may change; `undefined` clears, an absent key leaves. */
export type ServerChange = Partial<
  Pick<
    Server,
    'state' | 'url' | 'spawnState' | 'options' | 'failure' | 'startedAt' | 'lastActivityAt'
  >
>

export interface Servers {
  find(id: number): Server | undefined
  findByName(userId: number, name: string): Server | undefined
  listOf(userId: number): Server[]
  /** Starting, ready or stopping. */
  listActive(): Server[]
  /** Makes a named server's row. @throws {HubError} Conflict when it exists. */
  create(userId: number, name: string): Server
  /** @throws {HubError} NotFound */
  update(id: number, change: ServerChange): Server
  /** Only ever moves forward; one call, one transaction. */
  touchMany(activity: ReadonlyMap<number, Date>): void
  remove(id: number): void
}
