/** The doctor says who reaches the REST API of routes, and what everybody does. */
import t from 'tap'
import { checkRoutes } from '../../src/cli/check-routes.ts'

const token = 'a-token-of-sixteen-characters'
const api = { enabled: true, host: '127.0.0.1', port: 8001, token, open_to_network: false }
const wiki = { path: '/wiki', data: { target: 'http://127.0.0.1:1' }, usedAt: new Date(0) }

t.test('what is off and has added nothing is not worth a line', async (t) => {
  t.same(checkRoutes({ routes_api: { ...api, enabled: false } }, []), [])
})

t.test('the network reaching it is worth a warning', async (t) => {
  t.match(checkRoutes({ routes_api: api }, []), [{ level: 'ok', found: /127\.0\.0\.1, port 8001/ }])
  const open = { ...api, host: '0.0.0.0', open_to_network: true }
  const findings = checkRoutes({ routes_api: open }, [])
  t.match(findings, [{ level: 'warn', advice: /open_to_network/ }])
  t.notMatch(JSON.stringify(findings), token)
})

t.test('what it added is named, also when it is off by now', async (t) => {
  t.match(checkRoutes({ routes_api: { ...api, enabled: false } }, [wiki]), [
    { level: 'ok', found: /open to everybody.*: \/wiki \(http:\/\/127\.0\.0\.1:1\)$/ },
  ])
})
