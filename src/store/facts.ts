/** Small facts that the hub must not forget over a restart, such as the port its servers know it by. */
import { type Database } from './database.ts'

export interface Facts {
  find(key: string): string | undefined
  set(key: string, value: string): void
}

type FactRow = { readonly value: string }

export function createFacts(database: Database): Facts {
  const byKey = database.prepare<FactRow>('select value from facts where key = ?')
  const save = database.prepare(
    'insert into facts (key, value) values (?, ?) on conflict (key) do update set value = excluded.value',
  )
  return {
    find: (key) => byKey.get([key])?.value,
    set: (key, value) => void save.run([key, value]),
  }
}
