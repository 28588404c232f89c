/** The limits of the front door, from the settings of the moment. */
import { type Server } from 'node:http'
import { type WholeContext } from '../context.ts'
import { endStalledBodies } from '../proxy/stalled-bodies.ts'
import { createConnectionLimits } from './connection-limits.ts'
import { type DoorNeeds } from './door.ts'
import { type Origins } from './origin.ts'

export type FrontLimitsNeeds = Pick<WholeContext, 'config' | 'log' | 'metrics'> & {
  readonly origins: Origins
}

export interface FrontLimits extends Required<Pick<DoorNeeds, 'mostPerUser' | 'mostSilenceMs'>> {
  /** Connections and bodies of these servers are limited, together. */
  guard(...servers: readonly Server[]): void
}

export function createFrontLimits(needs: FrontLimitsNeeds): FrontLimits {
  const { config, log, metrics, origins } = needs
  const connections = createConnectionLimits({
    limits: () => config.connections,
    trusts: (address) => origins.trusts(address),
    log,
  })
  metrics.gauge('clients', 'Connections of clients.', () => connections.open)
  return {
    guard(...servers) {
      for (const server of servers) {
        connections.guard(server)
        endStalledBodies(server, { stalledMs: () => config.connections.stalled_body_timeout })
      }
    },
    mostPerUser: () => config.connections.per_user,
    mostSilenceMs: () => config.connections.silent_server_timeout,
  }
}
