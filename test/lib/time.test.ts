/** Durations as people write them, and sleeping that can be ended. */
import t from 'tap'
import { DAY, HOUR, MINUTE, parseDuration, SECOND, sleep, systemClock } from '../../src/lib/time.ts'

t.test('a duration is a number with a unit', async (t) => {
  const rows: [string, number][] = [
    ['250ms', 250],
    ['90s', 90 * SECOND],
    ['10m', 10 * MINUTE],
    ['1h', HOUR],
    ['30d', 30 * DAY],
    ['0s', 0],
    [' 5 m ', 5 * MINUTE],
    ['999999999d', 999_999_999 * DAY],
  ]
  for (const [text, ms] of rows) t.equal(parseDuration(text), ms, text)
})

t.test('anything else is none', async (t) => {
  for (const text of [
    '',
    '5',
    's',
    '-5s',
    '1.5h',
    '1e3s',
    '5 minutes',
    '5S',
    '5s5s',
    '٥s',
    '1000000000s',
    'constructor',
  ])
    t.equal(parseDuration(text), undefined, text)
})

t.test('the clock is the present', async (t) => {
  t.ok(Math.abs(systemClock.now().getTime() - Date.now()) < 10_000)
})

t.test('sleeping ends by itself, or at once when it is called off', async (t) => {
  await sleep(1)
  const off = new AbortController()
  const sleeping = sleep(60_000, off.signal)
  off.abort(new Error('enough'))
  await t.rejects(sleeping, /enough/)
  await t.rejects(sleep(60_000, off.signal), /enough/)
  await t.rejects(sleep(60_000, AbortSignal.abort('a word')), /aborted/)
})
