/** A process of its own that takes a one-time link and says whether it got it: FILE HASH. */
import { createLog } from '../../src/lib/log.ts'
import { openDatabase } from '../../src/store/database.ts'
import { createStore } from '../../src/store/store.ts'

const [file = '', hash = ''] = process.argv.slice(2)
const store = createStore(openDatabase(file, { log: createLog({ level: 'silent' }) }))
process.stdout.write(store.links.take(hash, new Date(0)) === undefined ? 'nothing' : 'taken')
store.close()
