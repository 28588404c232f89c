/** Services: registered programs. Their tokens and OAuth clients are kept with those of everybody. */
import { notFound } from '../lib/errors.ts'
import { type Database, type Parameters } from './database.ts'
import { fromJson, toDate, toFlag, toJson } from './rows.ts'
import { type Service, type ServiceAccess } from '../model/service.ts'

export type NewService = Omit<Service, 'id'>

export interface Services {
  find(id: number): Service | undefined
  findByName(name: string): Service | undefined
  /** @throws {HubError} NotFound */
  getByName(name: string): Service
  /** By name. */
  list(): Service[]
  /** Makes it, or replaces all but the id and time of the one of this name. */
  save(service: NewService): Service
  setAdmin(id: number, admin: boolean): void
  /** With its tokens, its OAuth client and what that gave out, and its roles. */
  remove(id: number): void
}

type ServiceRow = {
  readonly id: number
  readonly name: string
  readonly admin: number
  readonly url: string | null
  readonly command: string
  readonly info: string
  readonly display: number
  readonly access: ServiceAccess
  readonly from_config: number
  readonly created_at: number
}

export function createServices(database: Database): Services {
  const byId = database.prepare<ServiceRow>('select * from services where id = ?')
  const byName = database.prepare<ServiceRow>('select * from services where name = ?')
  const all = database.prepare<ServiceRow>('select * from services order by name')
  const save = database.prepare<ServiceRow>(`
    insert into services (name, admin, url, command, info, display, access, from_config, created_at)
    values (:name, :admin, :url, :command, :info, :display, :access, :fromConfig, :createdAt)
    on conflict (name) do update set admin = excluded.admin, url = excluded.url,
      command = excluded.command, info = excluded.info, display = excluded.display,
      access = excluded.access, from_config = excluded.from_config
    returning *`)
  const admin = database.prepare('update services set admin = ? where id = ?')
  const remove = database.prepare('delete from services where id = ?')

  const findByName = (name: string): Service | undefined => optional(byName.get([name]))
  return {
    find: (id) => optional(byId.get([id])),
    findByName,
    getByName(name) {
      const service = findByName(name)
      if (service === undefined) throw notFound(`There is no service named '${name}'.`)
      return service
    },
    list: () => all.all().map(toService),
    save(service) {
      const row = save.get(toColumns(service))
      if (row === undefined) throw new Error('a service that was just saved is missing')
      return toService(row)
    },
    setAdmin: (id, isAdmin) => void admin.run([toFlag(isAdmin), id]),
    remove: (id) => void remove.run([id]),
  }
}

const optional = (row: ServiceRow | undefined): Service | undefined => row && toService(row)

function toService(row: ServiceRow): Service {
  return {
    id: row.id,
    name: row.name,
    admin: row.admin === 1,
    url: row.url ?? undefined,
    command: fromJson(row.command) as string[],
    info: fromJson(row.info) as Service['info'],
    display: row.display === 1,
    access: row.access,
    fromConfig: row.from_config === 1,
    createdAt: toDate(row.created_at),
  }
}

function toColumns(service: NewService): Parameters {
  return {
    name: service.name,
    admin: toFlag(service.admin),
    url: service.url ?? null,
    command: toJson(service.command),
    info: toJson(service.info),
    display: toFlag(service.display),
    access: service.access,
    fromConfig: toFlag(service.fromConfig),
    createdAt: service.createdAt.getTime(),
  }
}
