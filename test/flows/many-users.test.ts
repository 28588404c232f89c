/** A hub with many users: what a request takes from the store does not grow with them (`scripts/bench-store.ts` measures). */
import path from 'node:path'
import t, { type Test } from 'tap'
import { openDatabase } from '../../src/store/database.ts'
import { countQueries } from '../support/counting-database.ts'
import { questionsTo } from '../support/crowd-questions.ts'
import { fillCrowd } from '../support/crowd.ts'
import { silentLog } from '../support/database.ts'
import { startHub, temporaryFolder } from '../support/hub.ts'
import { idleSpawner } from '../support/idle-spawner.ts'

/** More than the longest page, and twice as many. */
const [few, many] = [300, 600]

type Taken = { readonly status: number; readonly statements: number; readonly rows: number }

async function askEverything(t: Test, users: number): Promise<Map<string, Taken>> {
  const file = path.join(temporaryFolder(t), 'littlehub.db')
  const { database, counts } = countQueries(openDatabase(file, { log: silentLog }))
  const serverUrl = 'http://127.0.0.1:9'
  fillCrowd(database, { users, active: 50, now: new Date(), serverUrl, groupSize: 5 })
  const { url } = await startHub(t, { database, spawner: idleSpawner })
  const taken = new Map<string, Taken>()
  for (const { name, path: where, method = 'GET', headers, isWholeGroup } of questionsTo(users)) {
    if (isWholeGroup) continue
    const before = { ...counts }
    const answer = await fetch(`${url}${where}`, { method, headers, redirect: 'manual' })
    await answer.arrayBuffer()
    const statements = counts.statements - before.statements
    // Where the addresses of pages hold the number of the last one, it is the same question.
    taken.set(name.replace(/=\d+/, '=n'), {
      status: answer.status,
      statements,
      rows: counts.rows - before.rows,
    })
  }
  return taken
}

t.test('with twice as many users no request takes more of the store', async (t) => {
  const before = await askEverything(t, few)
  const after = await askEverything(t, many)
  t.ok(before.size > 60)
  for (const [name, one] of before) {
    const { status, statements, rows } = after.get(name) ?? { status: 0, statements: 0, rows: 0 }
    t.ok(status < 400 && status === one.status, `${name}: ${status}`)
    // Some are in more groups than others, and have more servers.
    t.ok(statements <= one.statements * 1.1 + 20, `${name}: ${one.statements} → ${statements}`)
    t.ok(rows <= one.rows * 1.1 + 50, `${name}: ${one.rows} → ${rows} rows`)
  }
  const page = after.get('users sort=id')?.statements ?? Infinity
  t.ok(page < 100, `two hundred users are listed with ${page} statements`)
})
