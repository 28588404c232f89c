/** Where the files of this program are. */
import { existsSync } from 'node:fs'
import t from 'tap'
import { programFile } from '../../src/lib/program.ts'

t.test('the files that the program reads are there', async (t) => {
  for (const name of ['package.json', 'views/login.eta', 'src/store/migrations/0001-initial.sql'])
    t.ok(existsSync(programFile(name)), name)
})
