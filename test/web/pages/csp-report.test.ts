/** What browsers refuse is logged, without secrets and without end. */
import t from 'tap'
import { createLog } from '../../../src/lib/log.ts'
import { startPages } from '../../support/pages.ts'

const report = (more: object): string =>
  JSON.stringify({
    'csp-report': {
      'document-uri': 'https://hub.example/hub/invite/the-secret',
      'effective-directive': 'script-src',
      'blocked-uri': 'https://evil.example/the-secret?x',
      ...more,
    },
  })

t.test('a report is logged with what was refused, and never with an address', async (t) => {
  const lines: string[] = []
  const log = createLog({ level: 'warn' }, { write: (line) => void lines.push(line) })
  const pages = await startPages(t, { users: ['ana'], log })
  const ana = await pages.browser('ana')
  const path = '/hub/security/csp-report'
  t.match((await ana.open('/hub/home')).headers['content-security-policy'], `report-uri ${path}`)
  const headers = { 'content-type': 'application/csp-report', 'sec-fetch-dest': 'report' }
  const send = async (body: string) => ana.send(path, { method: 'POST', body, headers })
  t.equal((await send(report({}))).status, 204)
  t.match(lines.join(''), /"directive":"script-src","blocked":"https:\/\/evil\.example"/)
  t.notMatch(lines.join(''), /the-secret/)
  await send(report({ 'effective-directive': 'img-src\u001b[2J\nforged' }))
  t.match(lines.at(-1), /"directive":"img-src",/)
  t.match(pages.context.metrics.render(), /^jupyterhub_csp_reports_total 2$/m)
  for (const body of ['', '{', '[]', 'null', '{"csp-report":1}', report({ 'blocked-uri': 7 })])
    t.equal((await send(body)).status, 204, body)
  for (let count = 0; count < 100; count++) await send(report({ 'blocked-uri': 'inline' }))
  t.ok(lines.length < 50, `${lines.length} lines`)
  const stranger = await pages.browser()
  t.equal((await stranger.send(path, { method: 'POST', body: report({}) })).status, 403)
})
