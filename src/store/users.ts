/** Users and the identities that are theirs. */
import { conflict, notFound } from '../lib/errors.ts'
import { type Database } from './database.ts'
import { orConflict } from './failures.ts'
import { toDate, toDateOrNone, toFlag, toJson, type ListPart } from './rows.ts'
import { slugOf, type User } from '../model/user.ts'

export type NewUser = { readonly name: string; readonly admin: boolean; readonly at: Date }
export type UserFilter = {
  /** Case-insensitive part of the name; `%` and `_` are themselves. */
  readonly search?: string
  /** With a server that is active or ready, or without any active one. */
  readonly state?: 'active' | 'ready' | 'inactive'
  /** None but these. */
  readonly names?: readonly string[]
}
export type UserQuery = UserFilter & {
  readonly sort?: 'id' | 'name' | 'last_activity'
  readonly descending?: boolean
  readonly offset: number
  readonly limit: number
}

export interface Users {
  find(id: number): User | undefined
  findByName(name: string): User | undefined
  findByIdentity(issuer: string, subject: string): User | undefined
  /** @throws {HubError} NotFound */
  getByName(name: string): User
  list(query: UserQuery): User[]
  count(search?: string): number
  countOf(filter: UserFilter): number
  /** Users who were active at that time or later. */
  countActiveSince(at: Date): number
  /** Disabled ones too. */
  listAdmins(): User[]
  /** Admins who can log in: disabled ones do not count. */
  countAdmins(): number
  /** bcrypt hash of the native password; undefined when there is none. */
  findPasswordHash(id: number): string | undefined
  hasIdentity(id: number): boolean
  /** Also makes the row of the default server. @throws {HubError} Conflict when the name is taken. */
  create(user: NewUser): User
  /** @throws {HubError} Conflict when the identity is somebody else's. */
  linkIdentity(id: number, issuer: string, subject: string): void
  /** The slug stays, and with it whatever is on disk. @throws {HubError} Conflict when the name is taken. */
  rename(id: number, name: string): void
  setAdmin(id: number, admin: boolean): void
  setDisabled(id: number, disabled: boolean): void
  setPasswordHash(id: number, hash: string): void
  /** Only ever moves forward. */
  touch(id: number, at: Date): void
  /** With everything that hangs on the user: sessions, tokens, servers, links, clients. */
  remove(id: number): void
}

type UserRow = {
  readonly id: number
  readonly name: string
  readonly slug: string
  readonly admin: number
  readonly disabled: number
  readonly created_at: number
  readonly last_activity_at: number | null
}

/** Everything but the password hash, which only `findPasswordHash` reads. */
const columns = 'u.id, u.name, u.slug, u.admin, u.disabled, u.created_at, u.last_activity_at'
const selectUsers = `select ${columns} from users u`

export function createUsers(database: Database): Users {
  return {
    ...prepareLookups(database),
    ...prepareLists(database),
    ...prepareChanges(database),
  }
}

type Lookups = Pick<
  Users,
  'find' | 'findByName' | 'findByIdentity' | 'getByName' | 'findPasswordHash' | 'hasIdentity'
>
type Lists = Pick<
  Users,
  'list' | 'count' | 'countOf' | 'countActiveSince' | 'listAdmins' | 'countAdmins'
>
type Changes = Omit<Users, keyof Lookups | keyof Lists>

function prepareLookups(database: Database): Lookups {
  const byId = database.prepare<UserRow>(`${selectUsers} where u.id = ?`)
  const byName = database.prepare<UserRow>(`${selectUsers} where u.name = ?`)
  const byIdentity = database.prepare<UserRow>(`
    ${selectUsers} join identities i on i.user_id = u.id where i.issuer = ? and i.subject = ?`)
  const passwordHash = database.prepare<{ password_hash: string | null }>(
    'select password_hash from users where id = ?',
  )
  const anyIdentity = database.prepare<object>('select 1 from identities where user_id = ? limit 1')
  const findByName = (name: string): User | undefined => optional(byName.get([name]))
  return {
    find: (id) => optional(byId.get([id])),
    findByName,
    findByIdentity: (issuer, subject) => optional(byIdentity.get([issuer, subject])),
    getByName(name) {
      const user = findByName(name)
      if (user === undefined) throw notFound(`There is no user named '${name}'.`)
      return user
    },
    findPasswordHash: (id) => passwordHash.get([id])?.password_hash ?? undefined,
    hasIdentity: (id) => anyIdentity.get([id]) !== undefined,
  }
}

const activeStates = "('starting', 'ready', 'stopping')"

const sortColumns = { id: 'u.id', name: 'u.name', last_activity: 'u.last_activity_at' } as const

/** Who has running servers is read once for all rows: they are few, and the users many. */
const isListed = `instr(u.name, :search)
  and (:names is null or u.name in (select value from json_each(:names)))
  and case :state
    when 'ready' then u.id in (select user_id from servers where state = 'ready')
    when 'active' then u.id in (select user_id from servers where state in ${activeStates})
    when 'inactive' then u.id not in (select user_id from servers where state in ${activeStates})
    else 1 end`

const toFilter = ({ search, state, names }: UserFilter): Record<string, string | null> => ({
  search: asPartOfName(search),
  state: state ?? null,
  names: toJson(names),
})

function prepareLists(database: Database): Lists {
  const prepareSorted = (column: string, direction: string): Lister => {
    const order = `order by ${column} ${direction}, u.id ${direction} limit :limit offset :offset`
    const some = database.prepare<UserRow>(`${selectUsers} where ${isListed} ${order}`)
    // Those before the offset are passed over without a look at each.
    const all = database.prepare<UserRow>(`${selectUsers} ${order}`)
    return ({ offset, limit }, filter) =>
      isEverybody(filter)
        ? all.all({ offset, limit })
        : some.all({ ...toFilter(filter), offset, limit })
  }
  const prepareBoth = (column: string): Record<'asc' | 'desc', Lister> => ({
    asc: prepareSorted(column, 'asc'),
    desc: prepareSorted(column, 'desc'),
  })
  const sorted = {
    id: prepareBoth(sortColumns.id),
    name: prepareBoth(sortColumns.name),
    last_activity: prepareBoth(sortColumns.last_activity),
  }
  const count = database.prepare<CountRow>(
    `select count(*) as count from users u where ${isListed}`,
  )
  const countAll = database.prepare<CountRow>('select count(*) as count from users')
  const countOf = (filter: UserFilter): number =>
    (isEverybody(filter) ? countAll.get() : count.get(toFilter(filter)))?.count ?? 0
  const activeSince = database.prepare<CountRow>(
    'select count(*) as count from users where last_activity_at >= ?',
  )
  const everyAdmin = database.prepare<UserRow>(`${selectUsers} where u.admin = 1 order by u.id`)
  const admins = database.prepare<CountRow>(
    'select count(*) as count from users where admin = 1 and disabled = 0',
  )
  return {
    list({ sort = 'id', descending = false, offset, limit, ...filter }) {
      const list = sorted[sort][descending ? 'desc' : 'asc']
      return list({ offset, limit }, filter).map(toUser)
    },
    count: (search = '') => countOf({ search }),
    countOf,
    countActiveSince: (at) => activeSince.get([at.getTime()])?.count ?? 0,
    listAdmins: () => everyAdmin.all().map(toUser),
    countAdmins: () => admins.get()?.count ?? 0,
  }
}

type Lister = (part: ListPart, filter: UserFilter) => UserRow[]

const isEverybody = ({ search = '', state, names }: UserFilter): boolean =>
  search === '' && state === undefined && names === undefined

type CountRow = { readonly count: number }

/** Stored names are NFKC and lower case, so a search that is both finds them whatever its case. Empty finds all. */
const asPartOfName = (search = ''): string =>
  search.normalize('NFKC').toLowerCase().normalize('NFKC')

function prepareChanges(database: Database): Changes {
  const rename = database.prepare('update users set name = ? where id = ?')
  const admin = database.prepare('update users set admin = ? where id = ?')
  const disabled = database.prepare('update users set disabled = ? where id = ?')
  const password = database.prepare('update users set password_hash = ? where id = ?')
  const touch = database.prepare(
    'update users set last_activity_at = max(ifnull(last_activity_at, 0), ?) where id = ?',
  )
  const remove = database.prepare('delete from users where id = ?')
  return {
    create: prepareCreate(database),
    linkIdentity: prepareLink(database),
    rename: (id, name) => void orConflict(taken(name), () => rename.run([name, id])),
    setAdmin: (id, isAdmin) => void admin.run([toFlag(isAdmin), id]),
    setDisabled: (id, isDisabled) => void disabled.run([toFlag(isDisabled), id]),
    setPasswordHash: (id, hash) => void password.run([hash, id]),
    touch: (id, at) => void touch.run([at.getTime(), id]),
    remove: (id) => void remove.run([id]),
  }
}

function prepareCreate(database: Database): Users['create'] {
  const insert = database.prepare<UserRow>(`
    insert into users (name, slug, admin, created_at) values (:name, :slug, :admin, :at)
    returning id, name, slug, admin, disabled, created_at, last_activity_at`)
  const insertServer = database.prepare("insert into servers (user_id, name) values (?, '')")
  const bySlug = database.prepare<object>('select 1 from users where slug = ?')

  /** Whoever had this name before and was renamed keeps its slug, and the folders that are called so. */
  function freeSlug(name: string): string {
    for (let attempt = 1; ; attempt++) {
      const slug = slugOf(attempt === 1 ? name : `${name} ${attempt}`)
      if (bySlug.get([slug]) === undefined) return slug
    }
  }

  function create(user: NewUser): User {
    const columns = { slug: freeSlug(user.name), admin: toFlag(user.admin), at: user.at.getTime() }
    const row = insert.get({ name: user.name, ...columns })
    if (row === undefined) throw new Error('a user that was just made is missing')
    insertServer.run([row.id])
    return toUser(row)
  }

  return (user) => orConflict(taken(user.name), () => database.transaction(() => create(user)))
}

const taken = (name: string): string => `There is already a user named '${name}'.`

function prepareLink(database: Database): Users['linkIdentity'] {
  const insert = database.prepare(`
    insert into identities (issuer, subject, user_id) values (?, ?, ?)
    on conflict (issuer, subject) do update set user_id = user_id where user_id = excluded.user_id`)
  const taken = 'This login already belongs to another user of this hub.'
  return (id, issuer, subject) => {
    const { changes } = orConflict(taken, () => insert.run([issuer, subject, id]))
    if (changes === 0) throw conflict(taken)
  }
}

const optional = (row: UserRow | undefined): User | undefined => row && toUser(row)

function toUser(row: UserRow): User {
  return {
    id: row.id,
    name: row.name,
    slug: row.slug,
    admin: row.admin === 1,
    disabled: row.disabled === 1,
    createdAt: toDate(row.created_at),
    lastActivityAt: toDateOrNone(row.last_activity_at),
  }
}
