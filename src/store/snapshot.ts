/** A database file looked at from outside, as it is: nothing is migrated, whoever has it open besides. */
import Sqlite from 'better-sqlite3'
import { closeSync, openSync } from 'node:fs'
import { guarded } from './failures.ts'
import { readMigrations } from './migrate.ts'

/** What a running hub has at this moment, as a complete file for its owner only. @throws {HubError} Unavailable */
export function copyDatabase(from: string, to: string): void {
  reading(from, (sqlite) => {
    closeSync(openSync(to, 'wx', 0o600))
    sqlite.prepare('vacuum into ?').run(to)
  })
}

/** The number of the last migration. @throws {HubError} Unavailable */
export const schemaOf = (file: string): number =>
  reading(file, (sqlite) => Number(sqlite.pragma('user_version', { simple: true })))

/** The newest schema that this version knows. */
export const knownSchema = (): number => readMigrations().at(-1)?.version ?? 0

/** What of somebody decides which files are theirs, and whether they may use them. */
export type Person = { readonly id: number; readonly slug: string; readonly disabled: boolean }

/** Everybody, by their slug. @throws {HubError} Unavailable */
export const peopleOf = (file: string): ReadonlyMap<string, Person> =>
  reading(file, (sqlite) => {
    const rows = sqlite
      .prepare<[], Omit<Person, 'disabled'> & { disabled: number }>(
        'select id, slug, disabled from users',
      )
      .all()
    return new Map(rows.map((row) => [row.slug, { ...row, disabled: row.disabled === 1 }]))
  })

function reading<Result>(file: string, work: (sqlite: Sqlite.Database) => Result): Result {
  return guarded(() => {
    const sqlite = new Sqlite(file, { readonly: true, fileMustExist: true, timeout: 5000 })
    try {
      return work(sqlite)
    } finally {
      sqlite.close()
    }
  })
}
