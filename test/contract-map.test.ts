/** Every edge case of the wire contract (§9.1–9.148) has a test that names it, or a row in README.md that says why not. */
import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'

const most = 148
const here = import.meta.dirname

/** A range in a file's first line says what the file is about, and names no test. */
const numbersIn = (text: string): number[] =>
  [...text.matchAll(/§9\.(\d+)(?![\d–-])/g)].map(([, number]) => Number(number))

const tests = globSync('**/*.test.ts', { cwd: here }).filter(
  (file) => !file.startsWith('contract-map'),
)
const tested = new Set(
  tests.flatMap((file) => numbersIn(readFileSync(path.join(here, file), 'utf8'))),
)
const rows = readFileSync(path.join(here, 'README.md'), 'utf8')
  .split('\n')
  .filter((line) => /^\| §9\.\d+ /.test(line))
const excused = new Set(rows.flatMap((row) => numbersIn(row.split('|')[1] ?? '')))

t.test('every edge case has a test or a reason', async (t) => {
  const all = Array.from({ length: most }, (_, index) => index + 1)
  t.ok(tested.size > 100, 'the tests were found')
  t.same(
    all.filter((number) => !tested.has(number) && !excused.has(number)),
    [],
  )
})

t.test('no row excuses what has a test, and none is without words', async (t) => {
  t.same(
    [...excused].filter((number) => tested.has(number)),
    [],
  )
  for (const row of rows) t.ok((row.split('|')[2] ?? '').trim().length > 20, row.slice(0, 20))
})

t.test('no test names an edge case that is not there', async (t) => {
  t.same(
    [...tested].filter((number) => number < 1 || number > most),
    [],
  )
})
