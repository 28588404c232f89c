/** Asks a hub with many users everything, and measures how long any of it stops the event loop. */
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { Worker } from 'node:worker_threads'
import { loadConfig } from '../src/config/load.ts'
import { pluginSchemas } from '../src/context.ts'
import { cullIdleServers } from '../src/core/culler.ts'
import { removeExpired, writeActivityInTurns } from '../src/core/housekeeping.ts'
import { createOtherWritersWatch } from '../src/core/other-writers.ts'
import { recoverServers } from '../src/core/recovery.ts'
import { createHub, type Hub } from '../src/hub.ts'
import { createLog } from '../src/lib/log.ts'
import { openDatabase } from '../src/store/database.ts'
import { countQueries, type Counts } from '../test/support/counting-database.ts'
import { questionsTo, type Question } from '../test/support/crowd-questions.ts'
import { crowdSecret, fillCrowd, nameOf } from '../test/support/crowd.ts'
import { idleSpawner } from '../test/support/idle-spawner.ts'
// With `type` inside the braces it would run, and listen in this thread as well.
import type { Order, Report, Sent } from './bench-client.ts'

const usage = `usage: node scripts/bench-store.ts [--users N] [--active N] [--runs N] [--limit-ms MS] [--only TEXT] [--json]

Makes a hub with N users in a passing folder, asks it for every list and page, has everybody log in and report
activity, and runs every background job. Prints for each the longest turn of the event loop, in processor time of
the hub's thread and by the clock, the processor time of all turns, and the statements and rows that it took from
the store. Times are the best of several runs, and the processor time of the longest turn is held against the
limit, so that what else the machine does decides nothing. Exit code 1 when one is over it.

  --users N      people in the store (10000)
  --active N     how many of their servers run (a tenth)
  --runs N       how often each is measured (3)
  --limit-ms MS  longest time that the loop may stand still (20)
  --only TEXT    only what has this in its name
  --json         a list of objects instead of a table
`

type Result = {
  readonly name: string
  /** Longest turn of the event loop by the clock, and in processor time of the hub's thread; best of the runs. */
  readonly stallMs: number
  readonly turnCpuMs: number
  /** Of all turns together. */
  readonly cpuMs: number
  readonly statements: number
  readonly rows: number
  readonly bytes: number
  /** How many answers had which status. */
  readonly statuses: Readonly<Record<string, number>>
}

/** Something to measure: `prepare` is not. */
type Task = { readonly name: string; prepare?(): void; run(): Promise<Report | undefined> }

type Options = {
  readonly users: number
  readonly active: number
  readonly runs: number
  readonly limitMs: number
  readonly only: string
  readonly json: boolean
}

function readOptions(): Options | undefined {
  const text = { type: 'string' } as const
  const flag = { type: 'boolean', default: false } as const
  const { values } = parseArgs({
    options: {
      users: { ...text, default: '10000' },
      active: text,
      runs: { ...text, default: '3' },
      'limit-ms': { ...text, default: '20' },
      only: { ...text, default: '' },
      json: flag,
      help: flag,
    },
  })
  if (values.help) return undefined
  const users = atLeast(10, values.users, '--users')
  return {
    users,
    active: Math.min(users - 1, atLeast(0, values.active ?? String(users / 10), '--active')),
    runs: atLeast(1, values.runs, '--runs'),
    limitMs: limitIn(values['limit-ms']),
    only: values.only,
    json: values.json,
  }
}

function atLeast(least: number, value: string, name: string): number {
  const number = Math.floor(Number(value))
  if (number >= least) return number
  throw new Error(`${name} takes a number of at least ${least}, not ${value}`)
}

function limitIn(value: string): number {
  const limitMs = Number(value)
  if (limitMs > 0) return limitMs
  throw new Error(`--limit-ms takes a number above 0, not ${value}`)
}

const threadMs = (): number => {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}

/** A turn of the loop that takes less is only this watch. */
const idleTurnMs = 0.05

/** Goes round with the event loop as fast as it turns. @returns a function that ends it and tells. */
function watchTurns(): () => { stallMs: number; turnCpuMs: number; cpuMs: number } {
  let [beganMs, beganCpuMs] = [performance.now(), threadMs()]
  let [stallMs, turnCpuMs, cpuMs] = [0, 0, 0]
  const turn = (): void => {
    const [tookMs, tookCpuMs] = [performance.now() - beganMs, threadMs() - beganCpuMs]
    stallMs = Math.max(stallMs, tookMs)
    turnCpuMs = Math.max(turnCpuMs, tookCpuMs)
    if (tookCpuMs > idleTurnMs) cpuMs += tookCpuMs
    ;[beganMs, beganCpuMs] = [performance.now(), threadMs()]
    next = setImmediate(turn)
  }
  let next = setImmediate(turn)
  return () => {
    clearImmediate(next)
    return { stallMs, turnCpuMs, cpuMs }
  }
}

async function measure(task: Task, { runs }: Options, counts: Counts): Promise<Result> {
  const best = { stallMs: Infinity, turnCpuMs: Infinity, cpuMs: Infinity }
  let result: Result | undefined
  // Once more than asked for: code that runs for the first time is slow for another reason.
  for (let run = 0; run <= runs; run++) {
    task.prepare?.()
    const before = { ...counts }
    await new Promise(setImmediate)
    const end = watchTurns()
    const report = await task.run()
    await new Promise(setImmediate)
    const measured = end()
    if (run === 0) continue
    best.stallMs = Math.min(best.stallMs, measured.stallMs)
    best.turnCpuMs = Math.min(best.turnCpuMs, measured.turnCpuMs)
    best.cpuMs = Math.min(best.cpuMs, measured.cpuMs)
    const statements = counts.statements - before.statements
    const rows = counts.rows - before.rows
    const { bytes = 0, statuses = {} } = report ?? {}
    if (Object.keys(statuses).some((status) => Number(status) >= 400))
      throw new Error(`${task.name}: ${JSON.stringify(statuses)}`)
    result = { name: task.name, ...best, statements, rows, bytes, statuses }
  }
  if (!result) throw new Error('nothing was measured')
  return result
}

type Bench = {
  readonly hub: Hub
  readonly counts: Counts
  readonly options: Options
  /** Makes what a job is to remove. */
  readonly expireHalf: () => void
  send(requests: readonly Sent[], atOnce: number): Promise<Report>
}

const asSent = (hub: Hub, { method = 'GET', path: where, headers, body }: Question): Sent => ({
  method,
  url: new URL(where, hub.url).href,
  headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
  ...(body === undefined ? {} : { body }),
})

function questionTasks({ hub, options, send }: Bench): Task[] {
  return questionsTo(options.users).map((question) => ({
    name: question.name,
    run: () => send([asSent(hub, question)], 1),
  }))
}

const loginsAtOnce = 20
const reportsAtOnce = 64

/** What many do at the same time. */
function crowdTasks({ hub, options, send }: Bench): Task[] {
  const login = (index: number): Sent => ({
    method: 'POST',
    url: new URL(`/hub/api/users/${nameOf(index)}/tokens`, hub.url).href,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ auth: { username: nameOf(index), password: passwordOf(index) } }),
  })
  const logins = Array.from({ length: loginsAtOnce }, (_, index) => login(2 + index))
  const at = new Date().toISOString()
  const report = (index: number): Sent => ({
    method: 'POST',
    url: new URL(`/hub/api/users/${nameOf(index)}/activity`, hub.url).href,
    headers: { authorization: `token ${crowdSecret}`, 'content-type': 'application/json' },
    body: JSON.stringify({ last_activity: at, servers: { '': { last_activity: at } } }),
  })
  const reports = Array.from({ length: options.users - 1 }, (_, index) => report(2 + index))
  const whoAmI = (index: number): Sent => ({
    method: 'GET',
    url: new URL('/hub/api/user', hub.url).href,
    headers: { authorization: `token token-${index}` },
  })
  return [
    { name: `${loginsAtOnce} people log in at once`, run: () => send(logins, loginsAtOnce) },
    { name: 'everybody reports activity', run: () => send(reports, reportsAtOnce) },
    {
      name: 'everybody asks who they are',
      run: () =>
        send(
          reports.map((_, index) => whoAmI(2 + index)),
          reportsAtOnce,
        ),
    },
  ]
}

const passwordOf = (index: number): string => `quite a long secret of ${index}`

/** The hub's background jobs, each with as much to do as there can be. */
function jobTasks({ hub, expireHalf }: Bench): Task[] {
  const { context } = hub
  const everybodyWasSeen = (): void => {
    for (const { id, userId } of context.store.servers.listActive()) {
      context.activity.sawUser(userId)
      context.activity.sawServer(id, new Date())
    }
    for (let id = 1; context.store.users.find(id); id++) context.activity.sawUser(id)
  }
  const watch = createOtherWritersWatch(context)
  const culling = {
    ...context,
    baseUrl: context.config.base_url,
    timeoutMs: 100_000_000,
    maxAgeMs: 0,
    silent: new Set<number>(),
  }
  const job = (name: string, run: () => void | Promise<void>, prepare?: () => void): Task => ({
    name: `job: ${name}`,
    ...(prepare && { prepare }),
    run: async () => void (await run()),
  })
  return [
    job('look for idle servers', () => cullIdleServers(culling)),
    job('ask old servers for kernels', () =>
      cullIdleServers({
        ...culling,
        timeoutMs: 1,
        servers: { ...context.servers, stop: () => Promise.resolve() },
      }),
    ),
    job('write activity', () => writeActivityInTurns(context), everybodyWasSeen),
    job('remove what has expired', () => removeExpired(context), expireHalf),
    job('look for other writers', watch),
    job('recover servers', () => recoverServers(context)),
  ]
}

/** As when a command has written something: whoever has something open is looked at again, here everybody. */
function forgetAllTask({ hub, options }: Bench): Task {
  const { access } = hub.context
  const open = new Set<number>()
  const lookAt = (userId: number): void =>
    void access.identify({ authorization: `token token-${userId}` })
  const everybody = Array.from({ length: options.users }, (_, index) => 1 + index)
  access.onChange((userId) => {
    if (open.delete(userId)) lookAt(userId)
  })
  return {
    name: 'job: forget all rights',
    prepare() {
      for (const userId of everybody) {
        lookAt(userId)
        open.add(userId)
      }
    },
    async run() {
      access.forgetAll()
      while (open.size > 0) await new Promise(setImmediate)
      return undefined
    },
  }
}

async function startClient(): Promise<{
  port: number
  send: Bench['send']
  end(): Promise<unknown>
}> {
  const worker = new Worker(new URL('bench-client.ts', import.meta.url))
  const [port] = (await once(worker, 'message')) as [number]
  return {
    port,
    async send(requests, atOnce) {
      worker.postMessage({ requests, atOnce } satisfies Order)
      const [report] = (await once(worker, 'message')) as [Report]
      return report
    },
    end: () => worker.terminate(),
  }
}

async function bench(options: Options, tell: (result: Result) => Result): Promise<Result[]> {
  const folder = mkdtempSync(path.join(tmpdir(), 'littlehub-bench-'))
  const client = await startClient()
  const log = createLog({ level: 'silent' })
  const flags = { data_dir: folder, port: '0', log_level: 'error' }
  const plain = openDatabase(path.join(folder, 'littlehub.db'), { log })
  const now = new Date()
  const serverUrl = `http://127.0.0.1:${client.port}`
  fillCrowd(plain, { users: options.users, active: options.active, now, serverUrl, groupSize: 30 })
  const { database, counts } = countQueries(plain)
  const hub = createHub(loadConfig({ env: {}, flags }, pluginSchemas), {
    log,
    database,
    spawner: idleSpawner,
  })
  await hub.start()
  try {
    await givePasswords(hub)
    const expireHalf = (): void => expireRows(plain)
    const parts = { hub, counts, options, expireHalf, send: client.send }
    const tasks = [
      ...questionTasks(parts),
      ...crowdTasks(parts),
      ...jobTasks(parts),
      forgetAllTask(parts),
    ]
    const results: Result[] = []
    for (const task of tasks.filter(({ name }) => name.includes(options.only)))
      results.push(tell(await measure(task, options, counts)))
    return results
  } finally {
    await hub.stop()
    await client.end()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function givePasswords({ context: { store, passwords } }: Hub): Promise<void> {
  for (let index = 2; index < 2 + loginsAtOnce; index++)
    store.users.setPasswordHash(index, await passwords.hash(passwordOf(index)))
}

/** What there is for every second user ends at once, as after a lecture: copies, so that each run finds as much. */
function expireRows(database: ReturnType<typeof openDatabase>): void {
  const past = Date.now() - 1
  database.transaction(() => {
    database
      .prepare(
        `insert or ignore into sessions
      select hash || 'x', user_id, public_id, created_at, seen_at, ?, address, user_agent from sessions where user_id % 2 = 0`,
      )
      .run([past])
    database
      .prepare(
        `insert or ignore into tokens (hash, user_id, note, scopes, created_at, expires_at)
      select hash || 'x', user_id, note, scopes, created_at, ? from tokens where user_id % 2 = 0`,
      )
      .run([past])
    for (const [table, columns] of ending)
      database
        .prepare(
          `insert or ignore into ${table} (${columns}, expires_at)
          select ${columns.replace('hash', "hash || 'x'")}, ? from ${table} where id % 2 = 0 and expires_at > ?`,
        )
        .run([past, past])
    for (const [column, holder] of [
      ['user_id', 3],
      ['group_id', 1],
    ] as const)
      database
        .prepare(
          `insert or ignore into shares (server_id, ${column}, scopes, created_at, expires_at)
          select id, ?, '[]', ?, ? from servers where id % 2 = 0`,
        )
        .run([holder, past, past])
  })
}

/** Tables of which half ends, and what is copied of their rows. */
const ending = [
  ['one_time_links', 'hash, kind, user_id, created_at'],
  ['share_codes', 'hash, server_id, scopes, created_at'],
] as const

const heads = ['turn cpu', 'turn', 'cpu ms', 'statements', 'rows', 'KiB', 'answers']
const line = (cells: readonly string[]): string =>
  `${cells
    .map((cell, index) => (index === 0 ? cell.padEnd(64) : cell.padStart(10)))
    .join(' ')
    .trimEnd()}\n`

const rowOf = (result: Result, { limitMs }: Options): string =>
  line([
    result.name,
    result.turnCpuMs.toFixed(1),
    result.stallMs.toFixed(1),
    result.cpuMs.toFixed(1),
    String(result.statements),
    String(result.rows),
    (result.bytes / 1024).toFixed(0),
    Object.entries(result.statuses)
      .map(([status, count]) => `${count}×${status}`)
      .join(' '),
    isOver(result, limitMs) ? 'OVER' : '',
  ])

const isOver = ({ turnCpuMs }: Result, limitMs: number): boolean => turnCpuMs > limitMs

async function main(options: Options): Promise<boolean> {
  if (!options.json) process.stdout.write(line(['', ...heads]))
  const results = await bench(options, (result) => {
    if (!options.json) process.stdout.write(rowOf(result, options))
    return result
  })
  if (options.json) process.stdout.write(`${JSON.stringify(results, undefined, 2)}\n`)
  const over = results.filter((result) => isOver(result, options.limitMs)).length
  process.stderr.write(
    `${results.length} measured with ${options.users} users; ${over} stop the loop for more than ${options.limitMs} ms\n`,
  )
  return over === 0
}

const options = readOptions()
if (!options) process.stdout.write(usage)
else if (!(await main(options))) process.exitCode = 1
