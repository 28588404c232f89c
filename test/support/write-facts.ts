/** A process of its own that adds one to a number in the store, again and again: FILE NAME TIMES. */
import { createLog } from '../../src/lib/log.ts'
import { openDatabase } from '../../src/store/database.ts'
import { createStore } from '../../src/store/store.ts'

const [file = '', name = '', times = '0'] = process.argv.slice(2)
const store = createStore(openDatabase(file, { log: createLog({ level: 'silent' }) }))
for (let index = 0; index < Number(times); index++) {
  const sum = store.transaction(() => {
    const next = Number(store.facts.find('sum') ?? '0') + 1
    store.facts.set('sum', String(next))
    store.facts.set(name, String(index))
    return next
  })
  process.stdout.write(`${sum}\n`)
}
store.close()
