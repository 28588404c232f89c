/** The log: one line of JSON each, without secrets. */
import t from 'tap'
import { createLog } from '../../src/lib/log.ts'
import { HubError } from '../../src/lib/errors.ts'

function record(level = 'debug'): { log: ReturnType<typeof createLog>; lines: string[] } {
  const lines: string[] = []
  return { log: createLog({ level }, { write: (line) => void lines.push(line) }), lines }
}

const names = ['cookie', 'authorization', 'token', 'password', 'code', 'secret', 'set-cookie']

t.test('secrets are not written, on any of three levels', async (t) => {
  const { log, lines } = record()
  const secrets = Object.fromEntries(names.map((name) => [name, `hidden-${name}`]))
  log.info(secrets, 'top')
  log.info({ headers: secrets }, 'below')
  log.info({ request: { headers: secrets } }, 'two below')
  t.equal(lines.length, 3)
  t.notMatch(lines.join(''), /hidden-/)
  t.equal(lines.join('').match(/\[redacted\]/g)?.length, 3 * names.length)
})

t.test('children hide secrets too', async (t) => {
  const { log, lines } = record()
  log.child({ part: 'web' }).warn({ token: 'hidden' }, 'x')
  t.notMatch(lines.join(''), /hidden/)
  t.match(lines[0], /"part":"web"/)
})

t.test('whatever is logged stays one line', async (t) => {
  const { log, lines } = record()
  log.info({ name: 'a\nb\r\n{"level":60}\u001b[31m' }, 'name refused')
  t.equal(lines.length, 1)
  t.equal(lines[0]?.trimEnd().split('\n').length, 1)
  t.notMatch(lines[0], /\u001b/)
})

t.test('an error comes with its cause', async (t) => {
  const { log, lines } = record()
  log.error({ error: new HubError('Unavailable', 'Try later.', { cause: new Error('disk') }) }, 'x')
  t.match(lines[0], /Try later\./)
  t.match(lines[0], /disk/)
})

t.test('what is below the level is not written, times are readable', async (t) => {
  const { log, lines } = record('warn')
  log.info('no')
  log.warn('yes')
  t.equal(lines.length, 1)
  t.match(lines[0], /"time":"\d{4}-\d\d-\d\dT/)
})
