import t from 'tap'
import { readableLine } from '../../src/cli/log-lines.ts'
import { createLog } from '../../src/lib/log.ts'

const written = (write: (log: ReturnType<typeof createLog>) => void): string => {
  let text = ''
  write(createLog({ level: 'debug' }, { write: (line) => (text += readableLine(line)) }))
  return text
}

t.test('a log line reads as time, message and facts', (t) => {
  t.match(
    written((log) => log.info({ server: 'ana', tookMs: 1400, why: 'asked to' }, 'server ready')),
    /^\d\d:\d\d:\d\d server ready: server=ana tookMs=1400 why="asked to"$/,
  )
  t.match(
    written((log) => log.info('hub stopped')),
    /^\d\d:\d\d:\d\d hub stopped$/,
  )
  t.end()
})

t.test('what somebody has to look at says so', (t) => {
  t.match(
    written((log) => log.warn('odd')),
    / warning: odd$/,
  )
  t.match(
    written((log) => log.error({ error: new Error('bad') }, 'job')),
    / error: job: .*bad/,
  )
  t.end()
})

t.test('a line of something else stays as it is', (t) => {
  t.equal(readableLine('no json\n'), 'no json')
  t.equal(readableLine('7\n'), '7')
  t.end()
})

t.test('control characters in what strangers sent cannot reach the terminal', (t) => {
  t.notMatch(
    written((log) => log.info({ name: '\u001b[2Jx\u009b31m' }, 'login refused')),
    /[\u0000-\u001f\u007f-\u009f]/,
  )
  t.end()
})
