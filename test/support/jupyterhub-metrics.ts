/** What JupyterHub 6.1.1 exports before anything has happened: names, types, label sets and buckets, read from a real one. */

export type JupyterHubMetric = {
  readonly name: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly labels: readonly Readonly<Record<string, string>>[]
  readonly buckets?: readonly string[]
}

const usualBuckets = [
  '0.005',
  '0.01',
  '0.025',
  '0.05',
  '0.075',
  '0.1',
  '0.25',
  '0.5',
  '0.75',
  '1.0',
  '2.5',
  '5.0',
  '7.5',
  '10.0',
  '+Inf',
]

/** `prometheus_client` gives each counter and histogram a `_created` beside it; they are left out here. */
export const jupyterHubMetrics: readonly JupyterHubMetric[] = [
  { name: 'python_gc_objects_collected_total', type: 'counter', labels: [] },
  { name: 'python_gc_objects_uncollectable_total', type: 'counter', labels: [] },
  { name: 'python_gc_collections_total', type: 'counter', labels: [] },
  { name: 'python_info', type: 'gauge', labels: [] },
  { name: 'process_virtual_memory_bytes', type: 'gauge', labels: [{}] },
  { name: 'process_resident_memory_bytes', type: 'gauge', labels: [{}] },
  { name: 'process_start_time_seconds', type: 'gauge', labels: [{}] },
  { name: 'process_cpu_seconds_total', type: 'counter', labels: [{}] },
  { name: 'process_open_fds', type: 'gauge', labels: [{}] },
  { name: 'process_max_fds', type: 'gauge', labels: [{}] },
  {
    name: 'jupyterhub_request_duration_seconds',
    type: 'histogram',
    labels: [],
    buckets: usualBuckets,
  },
  {
    name: 'jupyterhub_server_spawn_duration_seconds',
    type: 'histogram',
    labels: [
      { reason: '', status: 'success' },
      { reason: '', status: 'failure' },
      { reason: '', status: 'error' },
      { reason: 'throttled', status: 'failure' },
      { reason: 'too-many-users', status: 'failure' },
      { reason: 'already-pending', status: 'failure' },
    ],
    buckets: [
      '0.5',
      '1.0',
      '2.5',
      '5.0',
      '10.0',
      '15.0',
      '30.0',
      '60.0',
      '120.0',
      '180.0',
      '300.0',
      '600.0',
      '+Inf',
    ],
  },
  { name: 'jupyterhub_running_servers', type: 'gauge', labels: [{}] },
  { name: 'jupyterhub_total_users', type: 'gauge', labels: [{}] },
  {
    name: 'jupyterhub_active_users',
    type: 'gauge',
    labels: [{ period: '24h' }, { period: '7d' }, { period: '30d' }],
  },
  {
    name: 'jupyterhub_check_routes_duration_seconds',
    type: 'histogram',
    labels: [{}],
    buckets: usualBuckets,
  },
  {
    name: 'jupyterhub_hub_startup_duration_seconds',
    type: 'histogram',
    labels: [{}],
    buckets: usualBuckets,
  },
  {
    name: 'jupyterhub_init_spawners_duration_seconds',
    type: 'histogram',
    labels: [{}],
    buckets: usualBuckets,
  },
  {
    name: 'jupyterhub_proxy_poll_duration_seconds',
    type: 'histogram',
    labels: [{}],
    buckets: usualBuckets,
  },
  {
    name: 'jupyterhub_login_duration_seconds',
    type: 'histogram',
    labels: [],
    buckets: usualBuckets,
  },
  {
    name: 'jupyterhub_logout_duration_seconds',
    type: 'histogram',
    labels: [{}],
    buckets: usualBuckets,
  },
  { name: 'jupyterhub_csp_reports_total', type: 'counter', labels: [{}] },
  {
    name: 'jupyterhub_proxy_add_duration_seconds',
    type: 'histogram',
    labels: [{ status: 'success' }, { status: 'failure' }],
    buckets: usualBuckets,
  },
  {
    name: 'jupyterhub_server_poll_duration_seconds',
    type: 'histogram',
    labels: [{ status: 'ServerPollStatus.running' }, { status: 'ServerPollStatus.stopped' }],
    buckets: usualBuckets,
  },
  {
    name: 'jupyterhub_server_stop_seconds',
    type: 'histogram',
    labels: [{ status: 'success' }, { status: 'failure' }],
    buckets: usualBuckets,
  },
  {
    name: 'jupyterhub_proxy_delete_duration_seconds',
    type: 'histogram',
    labels: [{ status: 'success' }, { status: 'failure' }],
    buckets: usualBuckets,
  },
  {
    name: 'jupyterhub_event_loop_interval_seconds',
    type: 'histogram',
    labels: [{}],
    buckets: [
      '0.05',
      '0.055',
      '0.06',
      '0.065',
      '0.07',
      '0.075',
      '0.1',
      '0.25',
      '0.5',
      '0.75',
      '1.0',
      '2.5',
      '5.0',
      '7.5',
      '10.0',
      '+Inf',
    ],
  },
]
