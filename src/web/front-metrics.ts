/** What is open at the front door, as metrics. */
import { type WholeContext } from '../context.ts'
import { type Forwarder } from '../proxy/forward.ts'
import { type Upgrader } from '../proxy/upgrade.ts'

export type FrontParts = Pick<WholeContext, 'routes' | 'startQueue'> & {
  readonly forwarder: Pick<Forwarder, 'counts'>
  readonly upgrader: Pick<Upgrader, 'size'>
}

export function measureFront(
  metrics: WholeContext['metrics'],
  { routes, startQueue, forwarder, upgrader }: FrontParts,
): void {
  metrics.gauge('routes', 'Routes to servers and services.', () => routes.list().length)
  metrics.gauge('websockets', 'WebSockets to servers that are open.', () => upgrader.size)
  metrics.gauge('exchanges', 'Requests to servers under way.', () => forwarder.counts.exchanges)
  metrics.gauge('starts_waiting', 'Starts that wait for their turn.', () => startQueue.waiting())
  metrics.gauge('connections', 'Connections to servers.', () => forwarder.counts.connections)
}
