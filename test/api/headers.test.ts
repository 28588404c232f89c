/** The headers of every answer (contract §0.3). */
import t from 'tap'
import { apiHeaders } from '../../src/api/headers.ts'

t.test('reports of a broken policy go to this hub, below its base URL', (t) => {
  const headers = apiHeaders({ base_url: '/class/', jupyterhub_version: '6.1.1' })
  t.match(headers['content-security-policy'], /report-uri \/class\/hub\/security\/csp-report;/)
  t.equal(headers['x-jupyterhub-version'], '6.1.1')
  t.end()
})
