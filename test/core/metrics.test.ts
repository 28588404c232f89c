/** The hub's metrics, by JupyterHub's names (contract §7.8). */
import t from 'tap'
import { createCore } from '../support/core.ts'
import { jupyterHubMetrics, type JupyterHubMetric } from '../support/jupyterhub-metrics.ts'

t.test('§9.135 metrics exist before anything happened, and count people once', async (t) => {
  const { context, addUser, clock } = createCore(t)
  const { metrics } = context
  for (const sample of [
    'jupyterhub_total_users 0',
    'jupyterhub_running_servers 0',
    'jupyterhub_active_users{period="24h"} 0',
    'jupyterhub_server_spawn_duration_seconds_count{status="success",reason=""} 0',
    'jupyterhub_server_spawn_duration_seconds_count{status="failure",reason="throttled"} 0',
    'jupyterhub_server_stop_seconds_count{status="failure"} 0',
    'jupyterhub_login_duration_seconds_count{status="success"} 0',
    'jupyterhub_event_loop_interval_seconds_count 0',
    'jupyterhub_csp_reports_total 0',
  ])
    t.ok(metrics.render().includes(`${sample}\n`), sample)
  const ana = addUser('ana')
  context.activity.sawUser(ana.id)
  context.activity.flush()
  t.match(metrics.render(), /^jupyterhub_total_users 1$/m)
  t.match(metrics.render(), 'jupyterhub_active_users{period="24h"} 1')
  clock.advance(2 * 24 * 3_600_000)
  t.match(metrics.render(), 'jupyterhub_active_users{period="24h"} 0')
  t.match(metrics.render(), 'jupyterhub_active_users{period="7d"} 1')
})

t.test('starts, stops, refusals and requests are measured', async (t) => {
  const { context, addUser, serverOf } = createCore(t, {
    settings: { 'spawner.active_server_limit': '1' },
  })
  const { metrics, servers } = context
  const server = await servers.start(serverOf(addUser('ana')))
  t.match(metrics.render(), /^jupyterhub_running_servers 1$/m)
  await t.rejects(servers.start(serverOf(addUser('bob'))), { code: 'TooMany' })
  await servers.stop(server)
  metrics.requested({ method: 'POST', handler: '/hub/login', code: 403, tookMs: 20 })
  metrics.gauge('routes', 'Routes.', () => 7)
  for (const sample of [
    'jupyterhub_server_spawn_duration_seconds_count{status="success",reason=""} 1',
    'jupyterhub_server_spawn_duration_seconds_count{status="failure",reason="too-many-users"} 1',
    'jupyterhub_server_stop_seconds_count{status="success"} 1',
    'jupyterhub_request_duration_seconds_count{method="POST",handler="/hub/login",code="403"} 1',
    'jupyterhub_login_duration_seconds_count{status="failure"} 1',
    'littlehub_routes 7',
  ])
    t.ok(metrics.render().includes(`${sample}\n`), sample)
})

/** What JupyterHub exports and this hub does not, and why. */
const notGiven: readonly { readonly name: RegExp; readonly why: string }[] = [
  { name: /^python_/, why: 'of the Python runtime, which this hub has none of' },
]

const sorted = (labels: Readonly<Record<string, string>>): string =>
  Object.entries(labels)
    .map(([key, value]) => `${key}="${value}"`)
    .sort()
    .join(',')

/** The label sets of a metric, and the bounds of its buckets, as they stand in the text. */
function exported(text: string, { name, type }: JupyterHubMetric) {
  const suffix = type === 'histogram' ? '_bucket' : ''
  const lines = text.match(new RegExp(`^${name}${suffix}(?:\\{.*\\})? `, 'gm')) ?? []
  const all = lines.map((line) =>
    Object.fromEntries(
      [...line.matchAll(/(\w+)="(.*?)"/g)].map(([, key = '', value = '']) => [key, value]),
    ),
  )
  return {
    buckets: [...new Set(all.flatMap(({ le }) => le ?? []))],
    labels: new Set(
      all.map((labels) =>
        sorted(labels)
          .replace(/(?:^|,)le="[^"]*"/, '')
          .replace(/^,/, ''),
      ),
    ),
  }
}

t.test(
  'every metric of JupyterHub 6.1.1 is there, with its type, labels and buckets',
  async (t) => {
    const { metrics } = createCore(t).context
    metrics.requested({ method: 'GET', handler: '/hub/home', code: 200, tookMs: 1 })
    const text = metrics.render()
    for (const metric of jupyterHubMetrics) {
      const { name, type, labels, buckets } = metric
      if (notGiven.some((one) => one.name.test(name))) {
        t.notMatch(text, new RegExp(`^${name}`, 'm'))
        continue
      }
      t.match(text, new RegExp(`^# TYPE ${name} ${type}$`, 'm'))
      const here = exported(text, metric)
      for (const one of labels) t.ok(here.labels.has(sorted(one)), `${name} ${sorted(one)}`)
      if (buckets) t.same(here.buckets, buckets, name)
    }
    t.match(
      text,
      'jupyterhub_request_duration_seconds_count{method="GET",handler="/hub/home",code="200"} 1',
    )
  },
)
