/** Programs in the search path of a server. */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { findProgram } from '../../src/spawn/find-program.ts'
import { dataFolder } from './support.ts'

t.test('the first program of that name counts, as in a shell', async (t) => {
  const dir = dataFolder(t)
  for (const folder of ['a', 'b', 'c']) mkdirSync(path.join(dir, folder))
  mkdirSync(path.join(dir, 'a/lab'))
  for (const folder of ['b', 'c']) writeFileSync(path.join(dir, folder, 'lab'), '')
  chmodSync(path.join(dir, 'c/lab'), 0o755)
  const searchPath = ['a', 'b', 'c'].map((folder) => path.join(dir, folder)).join(':')
  t.equal(findProgram('lab', searchPath), path.join(dir, 'c/lab'))
  t.equal(findProgram(path.join(dir, 'c/lab'), ''), path.join(dir, 'c/lab'))
  for (const name of ['other', path.join(dir, 'b/lab'), 'c/lab', ''])
    t.equal(findProgram(name, searchPath), undefined)
})
