/** The whole store: how its statements are answered, and that nothing waits in it. */
import t from 'tap'
import { openStore } from '../support/database.ts'
import { isTableScan, parametersOf } from '../support/store.ts'

/** Statements that read a whole table, and why they may: each is a list of all, or a search that no index can answer. */
const mayRead: readonly { readonly text: RegExp; readonly why: string }[] = [
  { text: /from pragma_user_version$/, why: 'asks at the start how many tables there are' },
  {
    text: /from users u where instr\(u\.name/,
    why: 'no index finds parts of names; without a search it stops where the page is full',
  },
  {
    text: /from users u order by u\.(?:id|name|last_activity_at) (?:asc|desc), u\.id/,
    why: 'a page of all users, which stops where it is full',
  },
  {
    text: /^select count\(\*\) as count from users$/,
    why: 'counts all users, in the smallest index',
  },
  {
    text: /from (?:groups|roles|services|added_routes)(?: order by (?:id|name).*)?$/,
    why: 'lists or counts all',
  },
]

/** One line, so that patterns can say what they mean. */
const oneLine = (sql: string): string => sql.replace(/\s+/g, ' ').trim()

t.test('no statement reads a whole table, but for those that list all', async (t) => {
  const { database } = openStore(t)
  const statements = [...database.statements()]
  t.ok(statements.length > 40, `${statements.length} statements`)
  for (const sql of statements) {
    const plan = database
      .prepare<{ detail: string }>(`explain query plan ${sql}`)
      .all(parametersOf(sql))
    const scans = plan.map(({ detail }) => detail).filter((detail) => isTableScan(detail))
    if (scans.length === 0 || mayRead.some(({ text }) => text.test(oneLine(sql)))) continue
    t.fail(`${oneLine(sql)}: ${scans.join('; ')}`)
  }
})

t.test('every permission to read a whole table is still needed', async (t) => {
  const { database } = openStore(t)
  const texts = database.statements().map(oneLine)
  for (const { text, why } of mayRead)
    t.ok(
      texts.some((sql) => text.test(sql)),
      why,
    )
})

t.test('no relation is enforced by reading a whole table', async (t) => {
  const { database } = openStore(t)
  const tables = database
    .prepare<{ name: string }>(
      "select name from sqlite_schema where type = 'table' and name not like 'sqlite_%'",
    )
    .all()
  for (const { name } of tables)
    for (const { from } of database
      .prepare<{ from: string }>(`select "from" from pragma_foreign_key_list('${name}')`)
      .all()) {
      const plan = database
        .prepare<{ detail: string }>(`explain query plan select 1 from ${name} where ${from} = 1`)
        .all()
      t.ok(!plan.some(({ detail }) => isTableScan(detail)), `${name}.${from}`)
    }
})

t.test('nothing in the store is a promise', async (t) => {
  const { store } = openStore(t)
  t.equal(
    store.transaction(() => 5),
    5,
  )
  t.notOk((store.users.count() as unknown) instanceof Promise)
  store.close()
  store.close()
})
