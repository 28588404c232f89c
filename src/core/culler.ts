/** The culler: stops servers that nobody uses. A kernel at work is use. */
import { type Clock } from '../lib/time.ts'
import { serverPath, type Server } from '../model/server.ts'
import { hasBusyKernel } from '../spawn/kernels.ts'
import { type Store } from '../store/store.ts'
import { type Activity } from './activity.ts'
import { label, type ServerVerbs } from './servers.ts'
import { type TokenVerbs } from './tokens.ts'

export type CullerNeeds = {
  readonly store: Store
  readonly clock: Clock
  readonly activity: Activity
  readonly servers: ServerVerbs
  readonly tokens: TokenVerbs
  readonly baseUrl: string
  readonly timeoutMs: number
  /** 0: never. */
  readonly maxAgeMs: number
}

/** Stops every server that has been idle for `timeoutMs`, or running for `maxAgeMs`. */
export async function cullIdleServers(needs: CullerNeeds): Promise<void> {
  for (const server of needs.store.servers.listActive()) {
    const reason = await reasonToStop(server, needs)
    if (reason !== undefined) await needs.servers.stop(server, reason)
  }
}

async function reasonToStop(server: Server, needs: CullerNeeds): Promise<string | undefined> {
  if (server.state !== 'ready') return undefined
  const nowMs = needs.clock.now().getTime()
  const startedMs = server.startedAt?.getTime() ?? nowMs
  if (needs.maxAgeMs > 0 && nowMs - startedMs >= needs.maxAgeMs)
    return `Stopped because it had run for ${inWords(needs.maxAgeMs)}, the longest this hub allows.`
  const usedMs = Math.max(startedMs, needs.activity.ofServer(server.id)?.getTime() ?? 0)
  if (nowMs - usedMs < needs.timeoutMs) return undefined
  if (await isBusy(server, needs)) {
    needs.activity.sawServer(server.id, needs.clock.now())
    return undefined
  }
  return `Stopped after ${inWords(needs.timeoutMs)} without use. Your files are safe.`
}

/** A short-lived key, good for this one server, asks it about its kernels. */
async function isBusy(server: Server, needs: CullerNeeds): Promise<boolean> {
  const user = needs.store.users.find(server.userId)
  if (!user || server.url === undefined) return false
  const { token, secret } = needs.tokens.issue({
    user,
    note: `Asking ${label(server)} whether it is idle`,
    scopes: [`access:servers!server=${server.userName}/${server.name}`],
    expiresInSeconds: 60,
  })
  try {
    return await hasBusyKernel(
      server.url,
      serverPath(needs.baseUrl, user.name, server.name),
      secret,
    )
  } finally {
    needs.tokens.revoke(token)
  }
}

function inWords(ms: number): string {
  const minutes = Math.round(ms / 60_000)
  if (minutes === 0) return `${Math.round(ms / 1000)} seconds`
  if (minutes % 60 !== 0) return minutes === 1 ? 'a minute' : `${minutes} minutes`
  return minutes === 60 ? 'an hour' : `${minutes / 60} hours`
}
