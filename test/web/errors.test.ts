/** What people and programs are told of an error, and what is logged. */
import { Writable } from 'node:stream'
import t from 'tap'
import { HubError, OAuthError } from '../../src/lib/errors.ts'
import { createLog } from '../../src/lib/log.ts'
import { problemOf, titleOf } from '../../src/web/errors.ts'
import { startPages, wordsOf } from '../support/pages.ts'

t.test('an expected error is told as it is', async (t) => {
  const error = new HubError('TooMany', 'Wait a little.', { retryAfterSeconds: 7 })
  t.same(problemOf(error, 'id'), {
    status: 429,
    title: titleOf(429),
    message: 'Wait a little.',
    retryAfterSeconds: 7,
  })
  t.match(problemOf(new OAuthError('invalid_request', 'No client.'), 'id'), {
    status: 400,
    message: 'No client.',
  })
})

t.test('an unexpected error tells its number and nothing else (S-30)', async (t) => {
  const problem = problemOf(new Error('/root/secret.db is locked'), '8f3c12ab')
  t.equal(problem.status, 500)
  t.match(problem.message, /^Something went wrong \(request 8f3c12ab\)/)
  t.notMatch(JSON.stringify(problem), /secret/)
  const posing = Object.assign(new Error('inner'), { statusCode: 502 })
  t.equal(problemOf(posing, 'id').status, 500)
})

t.test('an unexpected error is logged once, without the address it happened at', async (t) => {
  const lines: string[] = []
  const log = createLog(
    { level: 'info' },
    new Writable({
      write(chunk: Buffer, _encoding, done) {
        lines.push(chunk.toString())
        done()
      },
    }),
  )
  const pages = await startPages(t, { users: ['ana'], log })
  const stranger = await pages.browser()
  pages.context.links.look = () => {
    throw new Error('a fault of ours')
  }
  const page = await stranger.open('/hub/invite/canary-secret')
  t.equal(page.status, 500)
  const id = /request (\w+)\)/.exec(wordsOf(page))?.[1] ?? 'none'
  const about = lines.filter((line) => line.includes('a fault of ours'))
  t.equal(about.length, 1)
  t.match(about[0], id)
  t.notMatch(lines.join(''), /canary-secret/)
})

t.test('programs get JSON, people a page, and both the same status', async (t) => {
  const pages = await startPages(t, { users: ['ana'] })
  const stranger = await pages.browser()
  const page = await stranger.open('/hub/nope')
  t.match(page, { status: 404, headers: { 'content-type': /text\/html/ } })
  const json = await stranger.send('/hub/nope', { headers: { accept: 'application/json' } })
  t.equal(json.status, 404)
  t.match(JSON.parse(json.text), { status: 404, message: /no page/ })
})

t.test('a body over the limit is refused with a sentence', async (t) => {
  const pages = await startPages(t, { users: ['ana'], settings: { body_limit: '1K' } })
  const ana = await pages.browser('ana')
  const page = await ana.send('/hub/spawn', { method: 'POST', body: 'x'.repeat(2000) })
  t.equal(page.status, 413)
  t.match(wordsOf(page), /larger than this hub takes/)
})

t.test('thousands of fields are refused with a sentence, from strangers too', async (t) => {
  const pages = await startPages(t, { users: ['ana'] })
  const [ana, stranger] = [await pages.browser('ana'), await pages.browser()]
  const fields = 'a&'.repeat(1500)
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  for (const [browser, path] of [[stranger, '/hub/login'], [ana, '/hub/token'], [ana, '/hub/spawn']] as const) {
    const page = await browser.send(path, { method: 'POST', headers, body: fields })
    t.equal(page.status, 413, path)
    t.match(wordsOf(page), /more than 1000 fields/)
    const long = await browser.send(path, { method: 'POST', headers, body: 'x'.repeat(70_000) })
    t.equal(long.status, 413, path)
  }
  const page = await stranger.open(`/hub/login?${fields}`)
  t.equal(page.status, 413)
  t.match(wordsOf(page), /more than 1000 fields/)
}) // prettier-ignore
