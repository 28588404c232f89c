/** Whether a database file is whole, without changing anything in it. */
import Sqlite from 'better-sqlite3'
import { guarded } from './failures.ts'
import { readMigrations } from './migrate.ts'

export type Inspection = {
  /** What SQLite found wrong; empty: nothing. */
  readonly problems: readonly string[]
  /** Written by a version after this one; nothing else was looked at then. */
  readonly isNewer: boolean
  readonly users: number
}

/** Reads all of it. @throws {HubError} Unavailable when it cannot be read. */
export function inspectDatabase(file: string): Inspection {
  return guarded(() => {
    const sqlite = new Sqlite(file, { readonly: true, fileMustExist: true })
    try {
      return inspect(sqlite)
    } finally {
      sqlite.close()
    }
  })
}

function inspect(sqlite: Sqlite.Database): Inspection {
  const version = Number(sqlite.pragma('user_version', { simple: true }))
  if (version > readMigrations().length) return { problems: [], isNewer: true, users: 0 }
  const integrity = sqlite.pragma('integrity_check(10)') as { integrity_check: string }[]
  const broken = integrity.map((row) => row.integrity_check).filter((text) => text !== 'ok')
  if (broken.length > 0) return { problems: broken, isNewer: false, users: 0 }
  const orphans = sqlite.pragma('foreign_key_check') as { table: string }[]
  const count = sqlite.prepare<[], { users: number }>('select count(*) as users from users')
  return {
    problems: orphans.slice(0, 10).map(({ table }) => `a row of ${table} belongs to nothing`),
    isNewer: false,
    users: version === 0 ? 0 : (count.get()?.users ?? 0),
  }
}
