/** The benchmark's report: what it says of measurements, and what it refuses to say. */
import { execFile } from 'node:child_process'
import path from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { plotOf, rowsOf, tableOf, type Sample } from '../../scripts/bench-report.ts'

const sample = (subject: string, round: number, value: number, others = 0): Sample => ({
  ...{ work: '1 KiB', subject, round, value, unit: 'µs/request', details: {} },
  disturbance: { others, stolen: 0 },
})

const ratioIn = (samples: readonly Sample[]): number | undefined =>
  rowsOf(samples).find(({ subject }) => subject === 'nginx')?.ratio

t.test('it says how it is used', async (t) => {
  const script = path.resolve(import.meta.dirname, '../../scripts/bench.ts')
  const { stdout } = await promisify(execFile)(process.execPath, [script, '--help'])
  t.match(stdout, /^usage: npm run bench .*--rounds/)
})

t.test('a ratio is the median of the rounds', async (t) => {
  const rounds = [1, 2, 3].flatMap((round) => [
    sample('littlehub', round, 100),
    sample('nginx', round, 40 + round * 10),
  ])
  t.equal(ratioIn(rounds), 0.6)
  t.match(tableOf(rowsOf(rounds)), /nginx .* 0\.60 ×/)
  t.match(plotOf(rowsOf(rounds), 'work'), /1 KiB \/ nginx/)
})

t.test('rounds in which others were at work do not count', async (t) => {
  const rounds = [
    ...[sample('littlehub', 1, 100), sample('nginx', 1, 50)],
    ...[sample('littlehub', 2, 100, 0.8), sample('nginx', 2, 70)],
  ]
  t.equal(ratioIn(rounds), 0.5)
})

t.test('no ratio is said when nothing undisturbed is left', async (t) => {
  const rounds = [sample('littlehub', 1, 100, 0.9), sample('nginx', 1, 50)]
  t.equal(ratioIn(rounds), undefined)
  t.match(tableOf(rowsOf(rounds)), /nginx .* no ratio/)
})

t.test('no ratio is said when the rounds differ too much', async (t) => {
  const rounds = [1, 2].flatMap((round) => [
    sample('littlehub', round, round * 100),
    sample('nginx', round, 50),
  ])
  t.equal(ratioIn(rounds), undefined)
})

t.test('times by the clock do not count beside others that processor time bears', async (t) => {
  const rounds = [sample('littlehub', 1, 100, 0.3), sample('nginx', 1, 50)]
  t.equal(ratioIn(rounds), 0.5)
  t.equal(ratioIn(rounds.map((one) => ({ ...one, unit: 'ms' }))), undefined)
})

t.test('no ratio is said where one of them never came to the end', async (t) => {
  const rounds = [sample('littlehub', 1, 6), sample('nginx', 1, 30), sample('littlehub', 2, 6), sample('nginx', 2, NaN)] // prettier-ignore
  t.equal(ratioIn(rounds), undefined)
  t.match(tableOf(rowsOf(rounds)), /nginx .* no ratio/)
})
