/** A store on a database of its own, for a test. */
import path from 'node:path'
import { type Test } from 'tap'
import { createLog } from '../../src/lib/log.ts'
import { openDatabase, type Database } from '../../src/store/database.ts'
import { createStore, type Store } from '../../src/store/store.ts'

export const silentLog = createLog({ level: 'silent' })

/** `START` plus some milliseconds. */
export const at = (ms: number): Date => new Date(Date.UTC(2026, 0, 1) + ms)

export type TestStore = {
  readonly store: Store
  readonly database: Database
  readonly file: string
}

/** In a file of the test's own folder, closed with the test. */
export function openStore(t: Test, file = path.join(t.testdir(), 'littlehub.db')): TestStore {
  const database = openDatabase(file, { log: silentLog })
  t.teardown(() => database.close())
  return { store: createStore(database), database, file }
}
