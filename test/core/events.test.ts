/** Events: a line each, short and printable, whatever a stranger typed. */
import t from 'tap'
import { createEvents } from '../../src/core/events.ts'
import { createLog } from '../../src/lib/log.ts'

function linesOf(report: (events: ReturnType<typeof createEvents>) => void): string[] {
  const lines: string[] = []
  report(createEvents(createLog({ level: 'info' }, { write: (line) => void lines.push(line) })))
  return lines
}

t.test('every event is one line with a fixed phrase and its facts', async (t) => {
  const lines = linesOf((events) => {
    events.loggedIn('ana', '203.0.113.7')
    events.loggedOut(7)
    events.claimed('ana', '203.0.113.7')
    events.passwordSet('ana')
    events.userAdded('ana')
    events.userRemoved('ana')
    events.userRenamed('ana', 'zoe')
    events.rightsChanged('ana', { admin: true })
    events.serverStarted({ userName: 'ana', name: 'lab' }, 1200)
    events.startFailed({ userName: 'ana', name: '' }, { why: 'no memory', exitCode: 1 }, 9)
    events.serverFailed('ana', 'out of memory', 137)
    events.serverStopped({ userName: 'ana', name: '' }, 'asked to', 9)
    events.serverRecovered('ana')
    events.tokenIssued('ana', 3)
  })
  t.equal(lines.length, 14)
  t.match(JSON.parse(lines[8] ?? ''), { server: 'ana:lab', tookMs: 1200, msg: 'server ready' })
  t.match(JSON.parse(lines[10] ?? ''), { why: 'out of memory', exitCode: 137 })
})

t.test('the line of a refused login is short and printable', async (t) => {
  const names = ['ana', '秀樹'.repeat(40), 'x'.repeat(2_000_000), '"\\'.repeat(99), '😀'.repeat(99)]
  const nasty = ['\u001b[2Jana', 'a\r\nb', 'a\u2028b\u202ec', '\ud800\udfff\ud800', '\u0000', '']
  const address = '2001:0db8:85a3:0000:0000:8a2e:192.168.100.200 and more than any address has'
  for (const [index, name] of [...names, ...nasty].entries()) {
    const lines = linesOf((events) => events.loginRefused(name, address, 'Unauthenticated'))
    const line = lines.join('')
    t.ok(Buffer.byteLength(line) < 200, `${Buffer.byteLength(line)} bytes`)
    t.ok(/^[^\p{C}\p{Zl}\p{Zp}]*\n$/u.test(line), `name ${index}`)
  }
  const [line] = linesOf((events) => events.loginRefused('ana', '::1', 'Forbidden'))
  t.match(JSON.parse(line ?? ''), { name: 'ana', address: '::1', why: 'Forbidden' })
})
