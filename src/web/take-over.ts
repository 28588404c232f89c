/** From one hub to the next: what is open to servers is left to a keeper, and taken over from the keepers there are. */
import path from 'node:path'
import { type Config } from '../config/schema.ts'
import { asError } from '../lib/errors.ts'
import { type Log } from '../lib/log.ts'
import { createKeeper, type Keeper } from '../proxy/keeper.ts'
import { takeKept, type Kept } from '../proxy/kept.ts'
import { type Routes } from '../proxy/routes.ts'
import { type Upgrader } from '../proxy/upgrade.ts'
import { type Admissions } from './admissions.ts'

export type TakeOverNeeds = {
  readonly config: Pick<Config, 'data_dir' | 'upgrade'>
  readonly admissions: Admissions
  readonly routes: Routes
  readonly upgrader: Pick<Upgrader, 'adopt'>
  readonly log: Log
}

const folderOf = (dataDir: string): string => path.join(dataDir, 'keepers')

/** Call when the routes are there. What has lost its right meanwhile ends, and so does what leads nowhere any more. */
export function takeOver(needs: TakeOverNeeds): Kept {
  const { admissions, routes, upgrader, log } = needs
  const routeOf = (prefix: string) => routes.list().find((route) => route.prefix === prefix)
  return takeKept({
    folder: folderOf(needs.config.data_dir),
    log,
    adopt(tunnel, end) {
      const route = routeOf(tunnel.prefix)
      const admission = route && admissions.readmit(tunnel, route)
      if (!admission) return undefined
      const forget = upgrader.adopt(admission.route, end)
      admission.right.onEnd = end
      return () => {
        forget()
        admissions.release(admission)
      }
    },
    used(prefix, at) {
      const route = routeOf(prefix)
      if (route) route.lastActivityMs = Math.max(route.lastActivityMs, at)
    },
  })
}

/** @returns undefined: nothing is open, or it cannot be kept and has been ended. */
export async function leaveToKeeper(needs: TakeOverNeeds): Promise<Keeper | undefined> {
  const { config, admissions, log } = needs
  const tunnels = admissions.list()
  if (tunnels.length === 0) return undefined
  try {
    const folder = folderOf(config.data_dir)
    const longestMs = config.upgrade.keep_connections
    const keeper = await createKeeper({ folder, tunnels, log, longestMs })
    log.info({ tunnels: tunnels.length }, 'open connections are kept for the next hub')
    return keeper
  } catch (thrown) {
    log.error({ error: asError(thrown) }, 'open connections cannot be kept')
    for (const { end } of tunnels) end()
    return undefined
  }
}
