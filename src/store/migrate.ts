/** Brings a database to this version's schema: numbered files, in order, one transaction each. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ConfigError } from '../lib/errors.ts'
import { type Log } from '../lib/log.ts'
import { programFile } from '../lib/program.ts'

/** One step. `version` is the number its file name begins with; once released it is never edited. */
export type Migration = { readonly version: number; readonly name: string; readonly sql: string }

/** What a migration needs of a database. */
export interface MigrationTarget {
  prepare(sql: string): { get(): unknown }
  transaction(work: () => void): void
  execute(sql: string): void
  pragma(text: string): unknown
  backup(to: string): void
}

export type MigrationNeeds = {
  /** Where the database lies; backups are made beside it. */
  readonly file: string
  readonly log: Log
  readonly migrations: readonly Migration[]
}

/** The steps of this version, in order. */
export function readMigrations(dir = programFile('src/store/migrations')): Migration[] {
  return readdirSync(dir)
    .filter((name) => /^\d{4}-[a-z0-9-]+\.sql$/.test(name))
    .sort()
    .map((name) => ({
      version: Number(name.slice(0, 4)),
      name,
      sql: readFileSync(join(dir, name), 'utf8'),
    }))
}

/**
 * Applies what is missing. A database that already held something is copied to `<file>.before-<version>-<time>` first.
 * @throws {ConfigError} when the database belongs to a newer version or another program; nothing is changed then.
 */
export function migrate(database: MigrationTarget, needs: MigrationNeeds): void {
  const newest = needs.migrations.at(-1)?.version ?? 0
  const { version: current, tables } = contents(database)
  const isNew = current === 0 && tables === 0
  if (current === 0 && !isNew) throw refusal(needs.file, 'is the database of another program.')
  if (current > newest) throw refusal(needs.file, newerSentence(current, newest))
  const missing = needs.migrations.filter(({ version }) => version > current)
  if (missing.length === 0) return
  if (!isNew) backUp(database, newest, needs)
  applyAll(database, missing, needs.log)
}

const versionOf = (database: MigrationTarget): number => Number(database.pragma('user_version'))

/** In one statement: another process may be making the tables at this moment. */
function contents(database: MigrationTarget): { version: number; tables: number } {
  const sql = `select user_version as version, (select count(*) from sqlite_schema) as tables
    from pragma_user_version`
  return database.prepare(sql).get() as { version: number; tables: number }
}

const newerSentence = (current: number, newest: number): string =>
  `was written by a newer version of littlehub (its schema is ${current}, this version knows ${newest}). ` +
  'Install the newer version again, or put the backup that was made before the upgrade in its place.'

const refusal = (file: string, sentence: string): ConfigError =>
  new ConfigError([{ source: file, key: 'database', sentence }])

function backUp(database: MigrationTarget, newest: number, { file, log }: MigrationNeeds): void {
  if (file === ':memory:') return
  const time = new Date().toISOString().replace(/[-:]/g, '').slice(0, 15)
  const backup = `${file}.before-${newest}-${time}`
  database.backup(backup)
  log.info({ backup }, 'database copied before its migration')
}

/**
 * Foreign keys are off meanwhile, so that a step may rebuild a table without its children being deleted;
 * each step is checked as a whole instead.
 * @see https://www.sqlite.org/lang_altertable.html#otheralter
 */
function applyAll(database: MigrationTarget, missing: readonly Migration[], log: Log): void {
  database.pragma('foreign_keys = off')
  try {
    for (const step of missing) {
      database.transaction(() => apply(database, step))
      log.info({ migration: step.name }, 'database migrated')
    }
  } finally {
    database.pragma('foreign_keys = on')
  }
}

function apply(database: MigrationTarget, { version, name, sql }: Migration): void {
  // Another process may have applied it while this one waited for the lock.
  if (versionOf(database) >= version) return
  database.execute(sql)
  if (database.pragma('foreign_key_check') !== undefined)
    throw new Error(`${name} leaves rows whose parents are missing`)
  database.pragma(`user_version = ${version}`)
}
