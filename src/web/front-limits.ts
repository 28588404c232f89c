/** The limits of the front door, from the settings of the moment. */
import { type Server } from 'node:http'
import { type WholeContext } from '../context.ts'
import { createStallWatch, watchBodies, type StallWatch } from '../proxy/stalled-bodies.ts'
import { affordableInside, createConnectionLimits } from './connection-limits.ts'
import { type AdmissionsNeeds } from './admissions.ts'
import { type DoorNeeds } from './door.ts'
import { type Origins } from './origin.ts'

export type FrontLimitsNeeds = Pick<WholeContext, 'config' | 'log' | 'metrics'> & {
  readonly origins: Origins
}

export interface FrontLimits
  extends
    Required<Pick<AdmissionsNeeds, 'mostPerUser'>>,
    Required<Pick<DoorNeeds, 'mostSilenceMs'>> {
  /** Connections and bodies of these servers are limited, together. */
  guard(...servers: readonly Server[]): void
  /** Those of the port inside are limited apart: whoever floods it floods nobody outside. */
  guardInside(server: Server): void
  /** For those whose requests Node does not read. */
  readonly stalls: StallWatch
}

export function createFrontLimits(needs: FrontLimitsNeeds): FrontLimits {
  const { config, log, metrics, origins } = needs
  const connections = createConnectionLimits({
    limits: () => config.connections,
    trusts: (address) => origins.trusts(address),
    log,
  })
  metrics.gauge('clients', 'Connections of clients.', () => connections.open)
  const stalls = createStallWatch({
    stalledMs: () => config.connections.stalled_body_timeout,
  })
  const insideLimits = { limit: affordableInside(), per_address: 0 }
  const inside = createConnectionLimits({
    limits: () => insideLimits,
    trusts: () => true,
    // All come from this machine, and so does a flood; what servers ask for there takes no time.
    leaves: 'oldest',
    log,
  })
  return {
    stalls,
    guard(...servers) {
      for (const server of servers) {
        connections.guard(server)
        watchBodies(server, stalls)
      }
    },
    guardInside(server) {
      inside.guard(server)
      watchBodies(server, stalls)
    },
    mostPerUser: () => config.connections.per_user,
    mostSilenceMs: () => config.connections.silent_server_timeout,
  }
}
