/** A whole store on a database of its own, and which of its statements read a whole table. */
import path from 'node:path'
import { type Test } from 'tap'
import { createLog } from '../../src/lib/log.ts'
import { type User } from '../../src/model/user.ts'
import { openDatabase, type Database } from '../../src/store/database.ts'
import { createStore, type Store } from '../../src/store/store.ts'

/** The moment at which everything is made. */
export const at = new Date(Date.UTC(2026, 0, 1))

export const later = (ms: number): Date => new Date(at.getTime() + ms)

export type OpenStore = Store & {
  readonly database: Database
  /** With the id of the default server. */
  addUser(name: string): User & { readonly serverId: number }
}

/** In a file of the test's own folder, closed with the test. */
export function openStore(t: Test): OpenStore {
  const file = path.join(t.testdir(), 'littlehub.db')
  const database = openDatabase(file, { log: createLog({ level: 'silent' }) })
  t.teardown(() => database.close())
  const store = createStore(database)
  return {
    ...store,
    database,
    addUser(name) {
      const user = store.users.create({ name, admin: false, at })
      return { ...user, serverId: store.servers.findByName(user.id, '')?.id ?? 0 }
    },
  }
}

/** Statements about `table` whose plan reads a whole table or index, on one line each, sorted. */
export function scansAbout(database: Database, table: string): string[] {
  const mentions = new RegExp(`\\b(?:from|join|into|update) ${table}\\b`)
  const asked = database
    .statements()
    .filter((sql) => mentions.test(sql) && !sql.startsWith('explain'))
  const scans = asked.filter((sql) => isScan(database, sql))
  return [...new Set(scans.map((sql) => sql.replace(/\s+/g, ' ').trim()))].sort()
}

/** Of a line of a plan: a whole table is read, other than a list among the statement's own values. */
export const isTableScan = (detail: string): boolean =>
  /\bSCAN (?!CONSTANT ROW|json_each VIRTUAL TABLE)/.test(detail)

function isScan(database: Database, sql: string): boolean {
  const plan = database.prepare<{ detail: string }>(`explain query plan ${sql}`)
  return plan.all(parametersOf(sql)).some(({ detail }) => isTableScan(detail))
}

/** Any values: a plan does not depend on them. */
export function parametersOf(sql: string): null[] | Record<string, null> {
  const named = [...sql.matchAll(/:([A-Za-z]\w*)/g)].map(([, name = '']) => [name, null] as const)
  if (named.length > 0) return Object.fromEntries(named)
  return Array.from(sql.match(/\?/g) ?? [], () => null)
}
