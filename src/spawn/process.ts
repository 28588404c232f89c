/** Servers as local processes, each in a session of its own; they outlive the hub. */
import { closeSync, rmSync } from 'node:fs'
import path from 'node:path'
import { Type, type Static } from 'typebox'
import { duration, section, size } from '../config/schema.ts'
import { isRunning } from '../lib/process.ts'
import { newId } from '../lib/secret.ts'
import { SECOND, sleep } from '../lib/time.ts'
import { type SpawnState } from '../model/server.ts'
import { createAccounts, type Account } from './account.ts'
import { runVariable, type Run } from './family.ts'
import { archiveIn, packHome } from './home-archive.ts'
import { launch, type Child, type Ended } from './launch.ts'
import { createLogFiles } from './log-files.ts'
import { createProcessPlaces } from './process-place.ts'
import { environmentOf, portPlace, socketPlace, wordsFor, type Place } from './server-place.ts'
import {
  defineSpawner,
  preloadOf,
  type Spawner,
  type SpawnerNeeds,
  type SpawnRequest,
} from './spawner.ts'
import { terminate } from './termination.ts'
import { createUsageMeter } from './usage.ts'
import { createWarmStart } from './warm-start.ts'

const options = section(
  {
    run_as: Type.Union([Type.Literal('range'), Type.Literal('self'), Type.Literal('unix')], {
      default: 'range',
      description:
        'Whose processes servers are. range: each user has an unprivileged uid of their own, without an account (a hub that is not root runs them as itself); self: those of the user that runs the hub; unix: of the existing unix account of the same name.',
    }),
    first_uid: Type.Integer({
      minimum: 1000,
      maximum: 2_000_000_000,
      default: 1_500_000,
      description: 'With range: the uid from which users are counted.',
    }),
    interrupt_timeout: duration('10s', 'A server that is stopped has this long to end by itself.'),
    term_timeout: duration('5s', 'From there, this long after it was told to terminate.'),
    kill_timeout: duration('5s', 'A server that is killed and still there after this is reported.'),
    log_size: size(
      '1M',
      'A log of a server longer than this is moved to a second file of the same size.',
    ),
  },
  'Servers as local processes.',
)

/** How often it is looked whether a server ended that an earlier hub started. */
const lookEveryMs = SECOND

/** What is remembered of a server, and where it was told to listen. */
type Started = Run & { readonly slug: string; readonly place: Place }

export const processSpawner = defineSpawner({
  name: 'process',
  options,
  create: createProcessSpawner,
})

function createProcessSpawner(chosen: Static<typeof options>, needs: SpawnerNeeds): Spawner {
  const log = needs.log.child({ part: 'spawn' })
  const accounts = createAccounts(chosen, path.join(needs.dataDir, 'homes'))
  const logs = createLogFiles({
    dir: path.join(needs.dataDir, 'logs'),
    maxBytes: chosen.log_size,
    log,
  })
  const places = createProcessPlaces({ dataDir: needs.dataDir, log })
  const meter = createUsageMeter()
  const children = new Map<string, Child>()
  const warmStart = createWarmStart({
    log,
    get enabled() {
      return needs.settings?.spawner.warm_start === true
    },
    get preload() {
      return preloadOf(needs)
    },
  })

  /** Whatever is launched is handed over whole, also when the start is cancelled meanwhile. */
  const startIn = async (place: Place, account: Account, request: SpawnRequest) => {
    request.signal.throwIfAborted()
    const run = newId()
    const descriptor = logs.open(request.slug, account)
    // What tells which processes are of this run, nobody can set to something else.
    const environment = { ...environmentOf(request, account, place), [runVariable]: run }
    const command = [request.command[0] ?? '', ...wordsFor(place, request.command)]
    const forked = await warmStart.attempt({ command, environment }, (zygote, argv) =>
      zygote.fork({ argv, env: environment, log: logs.file(request.slug), ...whoIs(account) }),
    )
    if (forked) closeSync(descriptor)
    const child =
      forked?.child ?? (await launch({ command, account, environment, logDescriptor: descriptor }))
    children.set(run, child)
    const { pid, startTime } = child
    const listens = place.kind === 'port' ? { port: place.port } : { socket: place.socket }
    const state = { pid, startTime, uid: account.uid, run, slug: request.slug, ...listens }
    return { url: place.url, state }
  }

  const start: Spawner['start'] = async (request) => {
    request.signal.throwIfAborted()
    const account = await accounts.of(request.user)
    const place = await places.take(request, account)
    try {
      return await startIn(place, account, request)
    } catch (thrown) {
      places.release(place)
      await logs.release(request.slug)
      throw thrown
    }
  }

  const exited: Spawner['exited'] = async (state, signal) => {
    const started = read(state)
    if (started === undefined) return {}
    logs.watch(started.slug)
    const child = children.get(started.run)
    if (child !== undefined) return beforeAbort(child.ended, signal)
    while (isRunning(started.pid, started.startTime)) await sleep(lookEveryMs, signal)
    return {}
  }

  const archiveHome: NonNullable<Spawner['archiveHome']> = async ({ slug }, name) => {
    const home = path.join(needs.dataDir, 'homes', slug)
    const file = archiveIn(needs.dataDir, name)
    if (!(await packHome(home, file))) return undefined
    rmSync(home, { recursive: true })
    return file
  }

  const forgetRun = async ({ run, place, slug }: Started): Promise<void> => {
    children.delete(run)
    places.release(place)
    await logs.release(slug)
  }

  return {
    start,
    exited,
    async poll(state) {
      const started = read(state)
      if (started === undefined) return { alive: false }
      if (isRunning(started.pid, started.startTime)) return { alive: true }
      const child = children.get(started.run)
      // The event that tells how it ended comes a moment after the end.
      const ended = child?.startTime === started.startTime ? await child.ended : {}
      return { alive: false, ...ended }
    },
    async stop(state, { now = false } = {}) {
      const started = read(state)
      if (started === undefined) return
      const { interrupt_timeout, term_timeout, kill_timeout } = chosen
      const limits = { interruptMs: interrupt_timeout, termMs: term_timeout, killMs: kill_timeout }
      await terminate(started, { ...limits, now }, log)
      await forgetRun(started)
    },
    logTail: (slug, lines) => logs.tail(slug, lines),
    async usage(state) {
      const started = read(state)
      return started && meter.measure(started)
    },
    forget(slug) {
      logs.remove(slug)
      return Promise.resolve()
    },
    prepare: (command, environment) => warmStart.prepare(command, environment),
    warmth: () => warmStart.facts,
    answered(state, tookMs) {
      const child = children.get(read(state)?.run ?? '')
      if (child !== undefined) warmStart.answered({ isWarm: child.isWarm === true, tookMs })
    },
    close: () => warmStart.close(),
    // Those of unix accounts are not of our making.
    ...(chosen.run_as === 'unix' ? {} : { archiveHome }),
  }
}

/** As whom a forked child goes on. */
function whoIs(account: Account) {
  const { uid, gid } = account.switchTo ?? account
  return {
    ...{ uid, gid, home: account.home },
    account: account.through.length > 0 ? account.name : null,
  }
}

/** What `start` returned, as it comes back from the store; undefined when it is of another spawner. */
function read(state: SpawnState): Started | undefined {
  const { pid, startTime, uid, run, slug } = state
  const place = placeIn(state)
  if (typeof pid !== 'number' || typeof uid !== 'number' || place === undefined) return undefined
  if (typeof startTime !== 'string' || typeof run !== 'string' || typeof slug !== 'string')
    return undefined
  // Signals to these reach the hub's own group, everybody, or the machine's first process.
  if (!Number.isSafeInteger(pid) || pid <= 1) return undefined
  return { pid, startTime, uid, run, slug, place }
}

function placeIn({ port, socket }: SpawnState): Place | undefined {
  if (typeof socket === 'string') return socketPlace(socket)
  return typeof port === 'number' ? portPlace(port) : undefined
}

/** @throws the reason of the signal when it is aborted before. */
function beforeAbort(ended: Promise<Ended>, signal: AbortSignal): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void =>
      reject(signal.reason instanceof Error ? signal.reason : new Error('aborted'))
    if (signal.aborted) {
      onAbort()
      return
    }
    signal.addEventListener('abort', onAbort, { once: true })
    void ended.then((exit) => {
      signal.removeEventListener('abort', onAbort)
      resolve(exit)
    })
  })
}
