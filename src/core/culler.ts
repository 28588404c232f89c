/** The culler: stops servers that nobody uses. A kernel at work is use. */
import { type LiveSettings } from '../config/live.ts'
import { type Config } from '../config/schema.ts'
import { forEach } from '../lib/each.ts'
import { type Clock } from '../lib/time.ts'
import { giveWay } from '../lib/turns.ts'
import { fullName, serverPath, type Server } from '../model/server.ts'
import { type Routes } from '../proxy/routes.ts'
import { askKernels, type KernelWork } from '../spawn/kernels.ts'
import { type Store } from '../store/store.ts'
import { type Activity } from './activity.ts'
import { isSameRun } from './endings.ts'
import { noteTrafficOf } from './housekeeping.ts'
import { type Schedule } from './schedule.ts'
import { type ServerVerbs } from './servers.ts'
import { label } from './start.ts'
import { type TokenVerbs } from './tokens.ts'

export type CullerNeeds = {
  readonly store: Store
  readonly clock: Clock
  readonly activity: Activity
  readonly routes: Routes
  readonly servers: ServerVerbs
  readonly tokens: TokenVerbs
  readonly baseUrl: string
  readonly timeoutMs: number
  /** 0: never. */
  readonly maxAgeMs: number
  /** Ids of servers that did not answer when they were asked last: one that is silent once may only be at work. */
  readonly silent: Set<number>
}

export type KeepCullingNeeds = Omit<CullerNeeds, 'timeoutMs' | 'maxAgeMs' | 'silent'> & {
  readonly config: Pick<Config, 'cull'>
  readonly settings: Pick<LiveSettings, 'onChange'>
  readonly schedule: Pick<Schedule, 'every'>
}

/** Looks for idle servers again and again, as the settings say at each moment. */
export function keepCulling(needs: KeepCullingNeeds): void {
  const { schedule, config, settings } = needs
  const silent = new Set<number>()
  const cull = (): Promise<void> => {
    const { timeout: timeoutMs, max_age: maxAgeMs } = config.cull
    return cullIdleServers({ ...needs, timeoutMs, maxAgeMs, silent })
  }
  const begin = (): (() => void) =>
    config.cull.enabled
      ? schedule.every(config.cull.every, 'stop idle servers', cull)
      : () => undefined
  let end = begin()
  settings.onChange(() => {
    end()
    end = begin()
  })
}

/** Asked and stopped at the same time: each may take seconds. */
const atOnce = 8

/** Stops every server that has been idle for `timeoutMs`, or running for `maxAgeMs`. All are looked at, whatever fails. */
export async function cullIdleServers(needs: CullerNeeds): Promise<void> {
  await forEach(needs.store.servers.listActive(), atOnce, (server) => cull(server, needs))
}

async function cull(server: Server, needs: CullerNeeds): Promise<void> {
  if (isTooOld(server, needs)) {
    await needs.servers.stop(server, tooOld(needs.maxAgeMs), (row) => isSameRun(row, server))
    return
  }
  if (!isIdle(server, needs)) return
  const work = await workOf(server, needs)
  await giveWay()
  if (work === 'busy') needs.activity.sawServer(server.id, needs.clock.now())
  const wasSilent = needs.silent.delete(server.id)
  if (work === 'silent' && !wasSilent) needs.silent.add(server.id)
  if (work === 'busy' || (work === 'silent' && !wasSilent)) return
  // Somebody may have come back while it was asked.
  const isStillDue = (row: Server): boolean => isSameRun(row, server) && isIdle(row, needs)
  await needs.servers.stop(server, tooLongIdle(needs.timeoutMs), isStillDue)
}

function isTooOld({ state, startedAt }: Server, { clock, maxAgeMs }: CullerNeeds): boolean {
  if (state !== 'ready' || maxAgeMs === 0 || startedAt === undefined) return false
  return clock.now().getTime() - startedAt.getTime() >= maxAgeMs
}

function isIdle(server: Server, needs: CullerNeeds): boolean {
  if (server.state !== 'ready') return false
  noteTrafficOf(serverPath(needs.baseUrl, server.userName, server.name), needs)
  const usedMs = needs.activity.ofServer(server)?.getTime() ?? 0
  const sinceMs = Math.max(usedMs, server.startedAt?.getTime() ?? 0)
  return needs.clock.now().getTime() - sinceMs >= needs.timeoutMs
}

/** A short-lived key, good for this one server, asks it about its kernels. */
async function workOf(server: Server, needs: CullerNeeds): Promise<KernelWork> {
  const user = needs.store.users.find(server.userId)
  if (!user || server.url === undefined) return 'idle'
  const { token, secret } = needs.tokens.issue({
    user,
    note: `Asking ${label(server)} whether it is idle`,
    scopes: [`access:servers!server=${fullName(server)}`],
    expiresInSeconds: 60,
  })
  try {
    return await askKernels(server.url, serverPath(needs.baseUrl, user.name, server.name), secret)
  } finally {
    needs.tokens.revoke(token)
  }
}

const tooOld = (maxAgeMs: number): string =>
  `Stopped because it had run for ${inWords(maxAgeMs)}, the longest this hub allows.`

const tooLongIdle = (timeoutMs: number): string =>
  `Stopped after ${inWords(timeoutMs)} without use. Your files are safe.`

function inWords(ms: number): string {
  const minutes = Math.round(ms / 60_000)
  if (minutes === 0) return `${Math.round(ms / 1000)} seconds`
  if (minutes % 60 !== 0) return minutes === 1 ? 'a minute' : `${minutes} minutes`
  return minutes === 60 ? 'an hour' : `${minutes / 60} hours`
}
