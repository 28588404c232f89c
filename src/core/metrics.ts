/** The hub's metrics: JupyterHub's by their names, labels and buckets, so that its dashboards work, and our own (contract §7.8). */
import { createRegistry, type Histogram, type Labels, type Registry } from '../lib/metrics.ts'
import { DAY, SECOND, type Clock } from '../lib/time.ts'
import { type StoreReader } from '../store/store.ts'
import { addProcessMetrics } from './process-metrics.ts'

export interface Metrics {
  /** How a start went: `reason` tells refusals apart. */
  spawned(status: SpawnStatus, tookMs: number, reason?: SpawnReason): void
  stopped(tookMs: number, status?: 'success' | 'failure'): void
  /** A spawner said whether a program still runs. */
  polled(answer: 'running' | 'stopped', tookMs: number): void
  /** A route was opened or closed. */
  routed(change: 'add' | 'delete', tookMs: number): void
  took(step: Step, tookMs: number): void
  requested(request: { method: string; handler: string; code: number; tookMs: number }): void
  /** Time from one turn of the event loop to the next, `loopEveryMs` when nothing holds it up. */
  loopTurned(tookMs: number): void
  cspReported(): void
  /** A number of ours that is read at every scrape. */
  gauge(name: string, help: string, read: () => number): void
  /** All of them in the text format of Prometheus. */
  render(): string
}

export type SpawnStatus = 'success' | 'failure' | 'error'
export type SpawnReason = 'throttled' | 'too-many-users' | 'already-pending'

/** What is timed as a whole. */
export type Step = keyof typeof steps

/** How often the event loop is looked at (JupyterHub: `EventLoopIntervalMetric`, 50 ms and its lowest bucket). */
export const loopEveryMs = 50

/** Upper bounds in seconds. */
const startBuckets = [0.5, 1, 2.5, 5, 10, 15, 30, 60, 120, 180, 300, 600]
const usualBuckets = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]
const loopBuckets = [
  ...[0.05, 0.055, 0.06, 0.065, 0.07, 0.075, 0.1, 0.25, 0.5, 0.75],
  ...[1, 2.5, 5, 7.5, 10],
]

const periods = { '24h': DAY, '7d': 7 * DAY, '30d': 30 * DAY }

const steps = {
  check_routes: 'Seconds to make the table of routes what the store says.',
  hub_startup: 'Seconds from the start of the hub until it answers.',
  init_spawners: 'Seconds to find the servers that an earlier hub left.',
  proxy_poll: 'Seconds to read the table of routes.',
}

const outcomes = [{ status: 'success' }, { status: 'failure' }]

/** Written like this there, by the name of a class of its program. */
const pollLabels = {
  running: { status: 'ServerPollStatus.running' },
  stopped: { status: 'ServerPollStatus.stopped' },
}

const spawnLabels = [
  ...['success', 'failure', 'error'].map((status) => ({ status, reason: '' })),
  ...['throttled', 'too-many-users', 'already-pending'].map((reason) => ({
    status: 'failure',
    reason,
  })),
]

export function createMetrics(needs: { store: StoreReader; clock: Clock }): Metrics {
  const registry = createRegistry()
  addPeople(registry, needs)
  addProcessMetrics(registry)
  const histogram = createTimers(registry)
  const { server_spawn: spawns, server_stop: stops, server_poll: polls } = addServers(registry)
  const routes = {
    add: histogram('proxy_add_duration', 'Seconds to open a route.', outcomes),
    delete: histogram('proxy_delete_duration', 'Seconds to close a route.', outcomes),
  }
  const requests = histogram('request_duration', 'Seconds of requests to the hub.', [])
  const logins = histogram('login_duration', 'Seconds of logins.', outcomes)
  const logouts = histogram('logout_duration', 'Seconds of logouts.')
  const stepTimes = Object.fromEntries(
    Object.entries(steps).map(([step, help]) => [step, histogram(`${step}_duration`, help)]),
  ) as Record<Step, Histogram>
  const turns = registry.histogram({
    name: 'jupyterhub_event_loop_interval_seconds',
    help: 'Seconds from one turn of the event loop to the next.',
    buckets: loopBuckets,
  })
  const reports = registry.counter({
    name: 'jupyterhub_csp_reports_total',
    help: 'Violations of the content security policy that browsers reported.',
  })

  return {
    spawned: (status, tookMs, reason) =>
      spawns.observe(tookMs / SECOND, { status, reason: reason ?? '' }),
    stopped: (tookMs, status = 'success') => stops.observe(tookMs / SECOND, { status }),
    polled: (answer, tookMs) => polls.observe(tookMs / SECOND, pollLabels[answer]),
    routed: (change, tookMs) => routes[change].observe(tookMs / SECOND, { status: 'success' }),
    took: (step, tookMs) => stepTimes[step].observe(tookMs / SECOND),
    requested({ method, handler, code, tookMs }) {
      requests.observe(tookMs / SECOND, { method, handler, code: String(code) })
      if (method === 'POST' && handler.endsWith('/hub/login'))
        logins.observe(tookMs / SECOND, { status: code < 400 ? 'success' : 'failure' })
      if (handler.endsWith('/hub/logout')) logouts.observe(tookMs / SECOND)
    },
    loopTurned: (tookMs) => turns.observe(tookMs / SECOND),
    cspReported: () => reports.add(),
    gauge: (name, help, read) =>
      registry.gauge({ name: `littlehub_${name}`, help }, () => [{ value: read() }]),
    render: () => registry.render(),
  }
}

type Timers = (name: string, help: string, initial?: readonly Labels[]) => Histogram

const createTimers =
  (registry: Registry): Timers =>
  (name, help, initial) =>
    registry.histogram({
      name: `jupyterhub_${name}_seconds`,
      help,
      buckets: usualBuckets,
      ...(initial && { initial }),
    })

function addServers(registry: Registry) {
  const histogram = createTimers(registry)
  return {
    server_spawn: registry.histogram({
      name: 'jupyterhub_server_spawn_duration_seconds',
      help: 'Seconds of starts of servers.',
      buckets: startBuckets,
      initial: spawnLabels,
    }),
    server_stop: histogram('server_stop', 'Seconds of stops of servers.', outcomes),
    server_poll: histogram(
      'server_poll_duration',
      'Seconds to learn whether a server still runs.',
      Object.values(pollLabels),
    ),
  }
}

/** Counted when asked for, so that nothing is counted twice (contract §9.135). */
function addPeople(registry: Registry, { store, clock }: { store: StoreReader; clock: Clock }) {
  const users = { name: 'jupyterhub_total_users', help: 'Users of this hub.' }
  registry.gauge(users, () => [{ value: store.users.count() }])
  const running = { name: 'jupyterhub_running_servers', help: 'Servers that are ready.' }
  registry.gauge(running, () => [{ value: store.servers.countReady() }])
  const active = { name: 'jupyterhub_active_users', help: 'Users who were active lately.' }
  registry.gauge(active, () =>
    Object.entries(periods).map(([period, ms]) => ({
      labels: { period },
      value: store.users.countActiveSince(new Date(clock.now().getTime() - ms)),
    })),
  )
}
