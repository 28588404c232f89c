import t from 'tap'
import { inTable, inWords, sizeInWords } from '../../src/cli/words.ts'
import { DAY, HOUR, MINUTE, SECOND } from '../../src/lib/time.ts'

t.test('a duration is said in the largest unit that fits twice', (t) => {
  const rows: readonly (readonly [number, string])[] = [
    [14 * DAY, '14 days'],
    [DAY, '24 hours'],
    [HOUR, '60 minutes'],
    [90 * MINUTE, '90 minutes'],
    [SECOND, '1 second'],
    [0, '0 seconds'],
  ]
  for (const [ms, words] of rows) t.equal(inWords(ms), words)
  t.end()
})

t.test('a size is said in the unit that keeps it short', (t) => {
  const rows: readonly (readonly [number, string])[] = [
    [0, '0 bytes'],
    [1023, '1023 bytes'],
    [1536, '1.5 KiB'],
    [200 * 1024 ** 2, '200 MiB'],
    [2 * 1024 ** 4, '2 TiB'],
    [3000 * 1024 ** 4, '3000 TiB'],
  ]
  for (const [bytes, words] of rows) t.equal(sizeInWords(bytes), words)
  t.end()
})

t.test('a time is said to the minute, and one that never was as a dash', (t) => {
  t.equal(inTable(new Date(2026, 0, 2, 3, 4, 59)), '2026-01-02 03:04')
  t.equal(inTable(undefined), '-')
  t.end()
})
