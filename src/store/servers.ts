/** Servers: one row per named server of a user, running or not. */
import { notFound } from '../lib/errors.ts'
import { type Database, type Parameters } from './database.ts'
import { orConflict } from './failures.ts'
import { fromJson, toDateOrNone, toJson, toMs } from './rows.ts'
import {
  type Server,
  type ServerFailure,
  type ServerState,
  type SpawnState,
} from '../model/server.ts'

/** What may change; `undefined` clears, an absent key leaves. */
export type ServerChange = Partial<
  Pick<
    Server,
    | 'name'
    | 'displayName'
    | 'state'
    | 'url'
    | 'spawnState'
    | 'options'
    | 'failure'
    | 'startedAt'
    | 'lastActivityAt'
  >
>

/** `waiting` for their turn to start; the rest of those that start is `starting`. */
export type ServerCounts = Readonly<Record<ServerState | 'waiting', number>>

export interface Servers {
  find(id: number): Server | undefined
  findByName(userId: number, name: string): Server | undefined
  listOf(userId: number): Server[]
  /** Of many users at once. */
  listOfUsers(userIds: readonly number[]): Server[]
  /** Starting, ready or stopping; the first `limit` that were made, or all. */
  listActive(limit?: number): Server[]
  countActive(): number
  countReady(): number
  /** The default servers of a group's members, by what they do. */
  countOfGroup(groupId: number): ServerCounts
  /** Makes a named server's row. @throws {HubError} Conflict when it exists. */
  create(userId: number, name: string): Server
  /** @throws {HubError} NotFound; Conflict when the owner has another server of that name. */
  update(id: number, change: ServerChange): Server
  /** Only ever moves forward; one call, one transaction. */
  touchMany(activity: ReadonlyMap<number, Date>): void
  remove(id: number): void
}

type ServerRow = {
  readonly id: number
  readonly user_id: number
  readonly user_name: string
  readonly name: string
  readonly display_name: string | null
  readonly state: ServerState
  readonly url: string | null
  readonly spawn_state: string | null
  readonly options: string
  readonly failure: string | null
  readonly started_at: number | null
  readonly last_activity_at: number | null
}

const serversWithNames =
  'select s.*, u.name as user_name from servers s join users u on u.id = s.user_id'

const isActive = "s.state in ('starting', 'ready', 'stopping')"

type CountRow = { readonly count: number }

type StateCountRow = CountRow & { readonly does: keyof ServerCounts }

export function createServers(database: Database): Servers {
  const byId = database.prepare<ServerRow>(`${serversWithNames} where s.id = ?`)
  const byName = database.prepare<ServerRow>(
    `${serversWithNames} where s.user_id = ? and s.name = ?`,
  )
  const ofUser = database.prepare<ServerRow>(
    `${serversWithNames} where s.user_id = ? order by s.name`,
  )
  const ofUsers = database.prepare<ServerRow>(
    `${serversWithNames} where s.user_id in (select value from json_each(?)) order by s.user_id, s.name`,
  )
  const active = database.prepare<ServerRow>(
    `${serversWithNames} where ${isActive} order by s.id limit ?`,
  )
  const countActive = database.prepare<CountRow>(
    `select count(*) as count from servers s where ${isActive}`,
  )
  const countReady = database.prepare<CountRow>(
    "select count(*) as count from servers where state = 'ready'",
  )
  const ofGroup = database.prepare<StateCountRow>(`
    select iif(s.state = 'starting' and s.started_at is null, 'waiting', s.state) as does,
      count(*) as count
    from group_members m join servers s on s.user_id = m.user_id and s.name = ''
    where m.group_id = ? group by does`)
  const insert = database.prepare('insert into servers (user_id, name) values (?, ?)')
  const save = database.prepare(`
    update servers set name = :name, display_name = :displayName, state = :state, url = :url, spawn_state = :spawnState, options = :options,
      failure = :failure, started_at = :startedAt, last_activity_at = :lastActivityAt
    where id = :id`)
  const touch = database.prepare(
    'update servers set last_activity_at = max(ifnull(last_activity_at, 0), ?) where id = ?',
  )
  const remove = database.prepare('delete from servers where id = ?')

  function get(id: number): Server {
    const server = optional(byId.get([id]))
    if (server === undefined) throw notFound('This server does not exist any more.')
    return server
  }

  function create(userId: number, name: string): Server {
    return get(orConflict(taken(name), () => insert.run([userId, name])).id)
  }

  function update(id: number, change: ServerChange): Server {
    const server = { ...get(id), ...change }
    orConflict(taken(server.name), () => save.run(toColumns(server)))
    return get(id)
  }

  return {
    find: (id) => optional(byId.get([id])),
    findByName: (userId, name) => optional(byName.get([userId, name])),
    listOf: (userId) => ofUser.all([userId]).map(toServer),
    listOfUsers: (userIds) => ofUsers.all([toJson(userIds)]).map(toServer),
    listActive: (limit = -1) => active.all([limit]).map(toServer),
    countActive: () => countActive.get()?.count ?? 0,
    countReady: () => countReady.get()?.count ?? 0,
    countOfGroup: (groupId) => ({
      ...nobodyDoes,
      ...Object.fromEntries(ofGroup.all([groupId]).map(({ does, count }) => [does, count])),
    }),
    create: (userId, name) => database.transaction(() => create(userId, name)),
    update: (id, change) => database.transaction(() => update(id, change)),
    touchMany: (activity) =>
      database.transaction(() => {
        for (const [id, at] of activity) touch.run([at.getTime(), id])
      }),
    remove: (id) => void remove.run([id]),
  }
}

const nobodyDoes: ServerCounts = {
  ...{ stopped: 0, waiting: 0, starting: 0, ready: 0, stopping: 0, failed: 0 },
}

const taken = (name: string): string => `There is already a server named '${name}'.`

const optional = (row: ServerRow | undefined): Server | undefined => row && toServer(row)

function toServer(row: ServerRow): Server {
  return {
    id: row.id,
    userId: row.user_id,
    userName: row.user_name,
    name: row.name,
    displayName: row.display_name ?? undefined,
    state: row.state,
    url: row.url ?? undefined,
    spawnState: fromJson(row.spawn_state) as SpawnState | undefined,
    options: fromJson(row.options) as Server['options'],
    failure: fromJson(row.failure) as ServerFailure | undefined,
    startedAt: toDateOrNone(row.started_at),
    lastActivityAt: toDateOrNone(row.last_activity_at),
  }
}

function toColumns(server: Server): Parameters {
  return {
    id: server.id,
    name: server.name,
    displayName: server.displayName ?? null,
    state: server.state,
    url: server.url ?? null,
    spawnState: toJson(server.spawnState),
    options: toJson(server.options),
    failure: toJson(server.failure),
    startedAt: toMs(server.startedAt),
    lastActivityAt: toMs(server.lastActivityAt),
  }
}
