/** The database file: opened, guarded, copied and closed. Synchronous. */
import Sqlite from 'better-sqlite3'
import { chmodSync, closeSync, openSync, renameSync, rmSync } from 'node:fs'
import { ConfigError, errorCode } from '../lib/errors.ts'
import { type Log } from '../lib/log.ts'
import { SECOND } from '../lib/time.ts'
import { copyInThread } from './copy-thread.ts'
import { guarded, guardedTurns } from './failures.ts'
import { migrate, readMigrations, type Migration } from './migrate.ts'

/** What a column holds: times are epoch milliseconds, flags 0 or 1. */
export type Column = string | number | null
export type Parameters = readonly Column[] | Readonly<Record<string, Column>>

/** A prepared statement. Values come as one list (`?`) or one object (`:name`). */
export interface Statement<Row> {
  /** The first row. @throws {HubError} Conflict, Unavailable (as all of these) */
  get(values?: Parameters): Row | undefined
  all(values?: Parameters): Row[]
  /** @returns how many rows were changed, and the id of the last one inserted. */
  run(values?: Parameters): { readonly changes: number; readonly id: number }
}

export interface Database {
  prepare<Row = never>(sql: string): Statement<Row>
  /** Runs `work` atomically; nested calls are savepoints. `work` must not await. */
  transaction<Result>(work: () => Result): Result
  /** Several statements without values. */
  execute(sql: string): void
  /** Reads or sets a pragma. */
  pragma(text: string): unknown
  /** Writes a complete copy to the new file `to`, for its owner only. The hub stands still meanwhile. */
  backup(to: string): void
  /** The same while the hub goes on. */
  backupBeside(to: string): Promise<void>
  /** Every text that was prepared, so that a test can ask for its query plan. */
  statements(): readonly string[]
  /** Checkpoints the write-ahead log and closes. Idempotent. */
  close(): void
}

/** How long a write waits for another process (a command beside the hub) to finish its own. */
const busyTimeoutMs = 5 * SECOND

/**
 * Opens the database and brings it to this version's schema; makes it when it is missing. `:memory:` is for tests.
 * @throws {ConfigError} when it belongs to a newer version or another program.
 * @throws {HubError} Unavailable when it cannot be read or written.
 */
export function openDatabase(
  file: string,
  needs: { readonly log: Log; readonly migrations?: readonly Migration[] },
): Database {
  const database = guarded(() => connectOrRefuse(file))
  try {
    migrate(database, { file, log: needs.log, migrations: needs.migrations ?? readMigrations() })
  } catch (thrown) {
    database.close()
    throw thrown
  }
  return database
}

function connectOrRefuse(file: string): Database {
  try {
    return connect(file)
  } catch (thrown) {
    if (errorCode(thrown) !== 'SQLITE_NOTADB') throw thrown
    const sentence = 'is no database; put a backup in its place, or move it away to begin anew.'
    throw new ConfigError([{ source: file, key: 'database', sentence }])
  }
}

function connect(file: string): Database {
  if (file !== ':memory:') keepPrivate(file)
  const sqlite = new Sqlite(file, { timeout: busyTimeoutMs })
  try {
    prepareConnection(sqlite)
  } catch (thrown) {
    sqlite.close()
    throw thrown
  }
  return guard(sqlite)
}

/** SQLite gives its -wal and -shm files the mode of the database file, so the file exists before SQLite sees it. */
function keepPrivate(file: string): void {
  try {
    closeSync(openSync(file, 'wx', 0o600))
  } catch (thrown) {
    if (errorCode(thrown) !== 'EEXIST') throw thrown
    chmodSync(file, 0o600)
  }
}

function prepareConnection(sqlite: Sqlite.Database): void {
  sqlite.pragma('journal_mode = wal')
  // In WAL mode a power cut may lose what log-sync.ts has not come to, but never corrupts; a killed process loses nothing.
  sqlite.pragma('synchronous = normal')
  sqlite.pragma('foreign_keys = on')
}

function guard(sqlite: Sqlite.Database): Database {
  const texts: string[] = []
  // Immediate: a transaction that reads first and writes later would fail at once, not wait, if another process wrote in between.
  const transaction = sqlite.transaction((work: () => unknown) => work())
  return {
    prepare<Row>(sql: string): Statement<Row> {
      const statement = guarded(() => sqlite.prepare<unknown[], Row>(sql))
      texts.push(sql)
      return guardStatement(statement)
    },
    transaction: <Result>(work: () => Result) =>
      guarded(() => transaction.immediate(work) as Result),
    execute: (sql) => void guarded(() => sqlite.exec(sql)),
    pragma: (text) => guarded(() => sqlite.pragma(text, { simple: true })),
    backup: (to) => guarded(() => copy(sqlite, to)),
    backupBeside: (to) => guardedTurns(() => copyBeside(sqlite.name, to)),
    statements: () => texts,
    close: () => close(sqlite),
  }
}

function guardStatement<Row>(statement: Sqlite.Statement<unknown[], Row>): Statement<Row> {
  return {
    get: (values = []) => guarded(() => statement.get(values)),
    all: (values = []) => guarded(() => statement.all(values)),
    run(values = []) {
      const result = guarded(() => statement.run(values))
      return { changes: result.changes, id: Number(result.lastInsertRowid) }
    },
  }
}

function copy(sqlite: Sqlite.Database, to: string): void {
  const partial = partialOf(to)
  try {
    makePartial(partial)
    sqlite.prepare('vacuum into ?').run(partial)
    renameSync(partial, to)
  } catch (thrown) {
    rmSync(partial, { force: true })
    throw thrown
  }
}

async function copyBeside(from: string, to: string): Promise<void> {
  const partial = partialOf(to)
  try {
    makePartial(partial)
    await copyInThread(from, partial)
    renameSync(partial, to)
  } catch (thrown) {
    rmSync(partial, { force: true })
    throw thrown
  }
}

/** Under a passing name first: a copy that was interrupted never has the name of a complete one. */
const partialOf = (to: string): string => `${to}.${process.pid}.part`

function makePartial(partial: string): void {
  rmSync(partial, { force: true })
  closeSync(openSync(partial, 'wx', 0o600))
}

function close(sqlite: Sqlite.Database): void {
  if (!sqlite.open) return
  try {
    sqlite.pragma('wal_checkpoint(truncate)')
  } catch {
    // A full disk keeps the log from being folded in; it stays beside the database and is read at the next start.
  } finally {
    sqlite.close()
  }
}
