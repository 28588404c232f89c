/** Recovery: after a restart of the hub, which of the stored servers are still alive? */
import { forEach } from '../lib/each.ts'
import { type Log } from '../lib/log.ts'
import { SECOND, sleep } from '../lib/time.ts'
import { type Server } from '../model/server.ts'
import { type Liveness, type Spawner } from '../spawn/spawner.ts'
import { type Store } from '../store/store.ts'
import { type Schedule } from './schedule.ts'
import { type ServerVerbs } from './servers.ts'
import { label } from './start.ts'

export type RecoveryNeeds = {
  readonly store: Store
  readonly spawner: Spawner
  readonly servers: ServerVerbs
  readonly schedule: Schedule
  readonly log: Log
}

/** Looked at side by side: one that takes its time does not keep the others waiting. */
const atOnce = 32

/** Longest wait for one answer, and for one server altogether; the rest is done while the hub answers already. */
const answerMs = 3 * SECOND
const serverMs = 5 * SECOND

/**
 * Routes to every server that lives, finishes what was being stopped, starts what was waiting for its turn, and shows the
 * dead as stopped with their reason.
 * Runs before the hub answers anybody (JupyterHub: `init_spawners`), and takes seconds, whatever hangs.
 */
export async function recoverServers(needs: RecoveryNeeds): Promise<void> {
  await forEach(needs.store.servers.listActive(), atOnce, async (server) => {
    const recovered = recover(server, needs)
    needs.schedule.soon(`recover ${label(server)}`, () => recovered)
    await within(serverMs, recovered).catch(() => undefined)
  })
}

async function recover(server: Server, needs: RecoveryNeeds): Promise<void> {
  if (server.state === 'stopping') {
    needs.schedule.soon(`stop ${label(server)}`, () => needs.servers.stop(server))
    return
  }
  if (server.state === 'starting' && server.startedAt === undefined) {
    await needs.servers.bury(server, { message: cutShort })
    needs.servers.startInBackground(server)
    return
  }
  const liveness = await livenessOf(server, needs)
  if (liveness.alive) {
    needs.servers.adopt(server)
    return
  }
  const { exitCode } = liveness
  const message = liveness.message ?? (server.state === 'starting' ? cutShort : diedAlone)
  await needs.servers.bury(server, exitCode === undefined ? { message } : { message, exitCode })
}

/** Whoever cannot be asked is taken to be alive: nobody's work is ended on a guess, and a dead one is noticed later. */
async function livenessOf(server: Server, { spawner, log }: RecoveryNeeds): Promise<Liveness> {
  if (server.spawnState === undefined || server.url === undefined) return { alive: false }
  try {
    return (await within(answerMs, spawner.poll(server.spawnState))) ?? { alive: true }
  } catch (error) {
    log.error({ error, server: label(server) }, 'asking whether a server is alive')
    return { alive: true }
  }
}

/** What `work` brings, or undefined when it takes longer than `limitMs`. */
async function within<Result>(limitMs: number, work: Promise<Result>): Promise<Result | undefined> {
  const over = new AbortController()
  try {
    return await Promise.race([work, sleep(limitMs, over.signal).then(() => undefined)])
  } finally {
    over.abort(new Error('not needed any more'))
  }
}

const cutShort = 'The hub stopped while this server was starting. Start it again.'
const diedAlone = 'The server ended while the hub was not running.'
