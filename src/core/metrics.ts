/** The hub's metrics: JupyterHub's by their names, so that its dashboards work, and our own (contract §7.8). */
import { createRegistry, type Labels, type Registry } from '../lib/metrics.ts'
import { DAY, SECOND, type Clock } from '../lib/time.ts'
import { type StoreReader } from '../store/store.ts'

export interface Metrics {
  /** How a start went: `reason` tells refusals apart. */
  spawned(status: SpawnStatus, tookMs: number, reason?: SpawnReason): void
  stopped(tookMs: number): void
  requested(request: { method: string; handler: string; code: number; tookMs: number }): void
  /** How much later than asked for a turn of the event loop came. */
  loopWasLate(lateMs: number): void
  cspReported(): void
  /** A number of ours that is read at every scrape. */
  gauge(name: string, help: string, read: () => number): void
  /** All of them in the text format of Prometheus. */
  render(): string
}

export type SpawnStatus = 'success' | 'failure' | 'error'
export type SpawnReason = 'throttled' | 'too-many-users'

/** Upper bounds in seconds. */
const startBuckets = [0.5, 1, 2.5, 5, 10, 15, 30, 60, 120, 180, 300, 600]
const usualBuckets = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]
const lateBuckets = [0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5]

const periods = { '24h': DAY, '7d': 7 * DAY, '30d': 30 * DAY }

export function createMetrics(needs: { store: StoreReader; clock: Clock }): Metrics {
  const registry = createRegistry()
  addPeople(registry, needs)
  addProcess(registry)
  const timed = (name: string, help: string, initial?: readonly Labels[]) =>
    registry.histogram({
      name: `jupyterhub_${name}`,
      help,
      buckets: usualBuckets,
      ...(initial && { initial }),
    })

  const requests = timed('request_duration_seconds', 'Seconds of requests to the hub.', [])
  const spawns = registry.histogram({
    name: 'jupyterhub_server_spawn_duration_seconds',
    help: 'Seconds of starts of servers.',
    buckets: startBuckets,
    initial: [
      { status: 'success', reason: '' },
      { status: 'failure', reason: '' },
      { status: 'error', reason: 'throttled' },
      { status: 'error', reason: 'too-many-users' },
    ],
  })
  const stops = timed('server_stop_seconds', 'Seconds of stops of servers.', [
    { status: 'success' },
    { status: 'failure' },
  ])
  const logins = timed('login_duration_seconds', 'Seconds of logins.', [
    { status: 'success' },
    { status: 'failure' },
  ])
  const logouts = timed('logout_duration_seconds', 'Seconds of logouts.')
  const late = registry.histogram({
    name: 'jupyterhub_event_loop_interval_seconds',
    help: 'Seconds by which turns of the event loop came late.',
    buckets: lateBuckets,
  })
  const reports = registry.counter({
    name: 'jupyterhub_csp_reports_total',
    help: 'Violations of the content security policy that browsers reported.',
  })

  return {
    spawned: (status, tookMs, reason) =>
      spawns.observe(tookMs / SECOND, { status, reason: reason ?? '' }),
    stopped: (tookMs) => stops.observe(tookMs / SECOND, { status: 'success' }),
    requested({ method, handler, code, tookMs }) {
      requests.observe(tookMs / SECOND, { method, handler, code: String(code) })
      if (method === 'POST' && handler.endsWith('/hub/login'))
        logins.observe(tookMs / SECOND, { status: code < 400 ? 'success' : 'failure' })
      if (handler.endsWith('/hub/logout')) logouts.observe(tookMs / SECOND)
    },
    loopWasLate: (lateMs) => late.observe(lateMs / SECOND),
    cspReported: () => reports.add(),
    gauge: (name, help, read) =>
      registry.gauge({ name: `littlehub_${name}`, help }, () => [{ value: read() }]),
    render: () => registry.render(),
  }
}

/** Counted when asked for, so that nothing is counted twice (contract §9.135). */
function addPeople(registry: Registry, { store, clock }: { store: StoreReader; clock: Clock }) {
  const users = { name: 'jupyterhub_total_users', help: 'Users of this hub.' }
  registry.gauge(users, () => [{ value: store.users.count() }])
  const running = { name: 'jupyterhub_running_servers', help: 'Servers that are ready.' }
  registry.gauge(running, () => [
    { value: store.servers.listActive().filter(({ state }) => state === 'ready').length },
  ])
  const active = { name: 'jupyterhub_active_users', help: 'Users who were active lately.' }
  registry.gauge(active, () =>
    Object.entries(periods).map(([period, ms]) => ({
      labels: { period },
      value: store.users.countActiveSince(new Date(clock.now().getTime() - ms)),
    })),
  )
}

function addProcess(registry: Registry): void {
  const cpu = { name: 'process_cpu_seconds_total', help: 'Processor time of the hub.' }
  registry.gauge(cpu, () => {
    const { user, system } = process.cpuUsage()
    return [{ value: (user + system) / 1e6 }]
  })
  const memory = { name: 'process_resident_memory_bytes', help: 'Resident memory of the hub.' }
  registry.gauge(memory, () => [{ value: process.memoryUsage.rss() }])
  const heap = { name: 'nodejs_heap_size_used_bytes', help: 'Used heap of the hub.' }
  registry.gauge(heap, () => [{ value: process.memoryUsage().heapUsed }])
  const began = { name: 'process_start_time_seconds', help: 'When the hub began.' }
  registry.gauge(began, () => [{ value: Math.round(Date.now() / SECOND - process.uptime()) }])
}
