/** What an authority refuses is told in sentences that say what to do. */
import t from 'tap'
import { problemOf } from '../../src/tls/acme-problem.ts'

const urn = (type: string): string => `urn:ietf:params:acme:error:${type}`

t.test('a problem becomes what was said, for which name, and what to do', async (t) => {
  const detail = 'Fetching http://hub.example.org/: Timeout during connect'
  const problem = problemOf({ type: urn('connection'), detail }, { name: 'hub.example.org' })
  t.match(problem, { name: 'AcmeProblem', type: 'connection' })
  t.equal(problem.message, `The certificate authority refuses for hub.example.org (connection): ${detail}. It could not reach this machine: open ports 80 and 443 in every firewall, also in that of the provider.`) // prettier-ignore
})

t.test('too many requests say how long to wait', async (t) => {
  const problem = problemOf({ type: urn('rateLimited'), detail: 'too many certificates' }, { retryAfterMs: 3_600_000 }) // prettier-ignore
  t.match(problem, { type: 'rateLimited', retryAfterMs: 3_600_000, message: /waits and asks again/ }) // prettier-ignore
})

t.test('what concerns single names is told with them', async (t) => {
  const subproblems = [
    { type: urn('rejectedIdentifier'), detail: 'on a list', identifier: { type: 'dns', value: 'a.org' } }, // prettier-ignore
  ]
  t.match(problemOf({ type: urn('malformed'), subproblems }, {}).message, /malformed\): a\.org: on a list\.$/) // prettier-ignore
})

t.test('what is no problem document is told as what it is', async (t) => {
  for (const value of [undefined, 'proxy error', { error: 1 }, null])
    t.match(problemOf(value, { status: 502 }).message, /answered 502, without saying why/)
})

t.test('what comes from outside is one line of a modest length', async (t) => {
  const detail = `a\u001b[31m\r\nb${'x'.repeat(5000)}`
  const { message } = problemOf({ type: urn('serverInternal'), detail }, {})
  t.notMatch(message, /[\r\n\u001b]/)
  t.ok(message.length < 600)
})
