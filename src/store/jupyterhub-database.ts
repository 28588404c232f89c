/** What a JupyterHub keeps in its database: read for taking its people over, never written. */
import Sqlite from 'better-sqlite3'

export type JupyterHubUser = {
  readonly name: string
  readonly admin: boolean
  readonly groups: readonly string[]
  /** Of NativeAuthenticator, when it lets them in: a bcrypt hash. */
  readonly passwordHash: string | undefined
}

type UserRow = { readonly id: number; readonly name: string; readonly admin: number }
type GroupRow = { readonly user_id: number; readonly name: string }
type PasswordRow = { readonly username: string; readonly password: Buffer | string }

/** @throws {Error} when the file is none of a JupyterHub, or cannot be read. */
export function readJupyterHubUsers(file: string): JupyterHubUser[] {
  const database = new Sqlite(file, { readonly: true, fileMustExist: true })
  try {
    const users = database.prepare('select id, name, admin from users order by id').all()
    const groupRows = database
      .prepare(
        `select user_group_map.user_id, groups.name from user_group_map
           join groups on groups.id = user_group_map.group_id order by groups.name`,
      )
      .all() as GroupRow[]
    const passwords = nativePasswords(database)
    return (users as UserRow[]).map(({ id, name, admin }) => ({
      name,
      admin: admin === 1,
      groups: groupRows.filter((row) => row.user_id === id).map((row) => row.name),
      passwordHash: passwords.get(name),
    }))
  } finally {
    database.close()
  }
}

/** Those who signed up and were let in. NativeAuthenticator: `UserInfo` */
function nativePasswords(database: Sqlite.Database): Map<string, string> {
  const hasTable = database
    .prepare(`select 1 from sqlite_schema where type = 'table' and name = 'users_info'`)
    .get()
  if (hasTable === undefined) return new Map()
  const rows = database
    .prepare('select username, password from users_info where is_authorized = 1')
    .all() as PasswordRow[]
  return new Map(rows.map(({ username, password }) => [username, password.toString('utf8')]))
}

/** Of a person, for a program of theirs. */
export type JupyterHubToken = {
  readonly userName: string
  readonly prefix: string
  readonly hashed: string
  readonly note: string
  readonly scopes: readonly string[]
  readonly createdAt: Date
  readonly expiresAt: Date | undefined
}

type TokenRow = {
  readonly name: string
  readonly prefix: string
  readonly hashed: string
  readonly note: string | null
  readonly scopes: string | null
  readonly created: string
  readonly expires_at: string | null
}

/** Not those of servers and of logins, which end with it. @throws {Error} when the file cannot be read. */
export function readJupyterHubTokens(file: string): JupyterHubToken[] {
  const database = new Sqlite(file, { readonly: true, fileMustExist: true })
  try {
    const rows = database
      .prepare(
        `select users.name, prefix, hashed, note, scopes, api_tokens.created, expires_at
           from api_tokens join users on users.id = api_tokens.user_id
           where client_id = 'jupyterhub' and session_id is null
             and ifnull(note, '') not like 'Server at %'
           order by api_tokens.id`,
      )
      .all() as TokenRow[]
    return rows.map((row) => ({
      userName: row.name,
      prefix: row.prefix,
      hashed: row.hashed,
      note: row.note ?? '',
      scopes: toWords(row.scopes),
      createdAt: toDate(row.created),
      expiresAt: row.expires_at === null ? undefined : toDate(row.expires_at),
    }))
  } finally {
    database.close()
  }
}

/** A list as JSON. */
function toWords(text: string | null): string[] {
  const list: unknown = JSON.parse(text ?? '[]')
  return Array.isArray(list) ? list.map(String) : []
}

/** UTC, in SQLAlchemy's way of writing it. */
const toDate = (text: string): Date => new Date(`${text.replace(' ', 'T')}Z`)
