/** The REST API of routes on a listener of its own, apart from what people and servers reach. */
import { type Config } from '../config/schema.ts'
import { internalPortFact } from '../context.ts'
import { type AddedRoutes } from '../core/added-routes.ts'
import { createHubRoutes, type HubRoutesNeeds } from '../core/hub-routes.ts'
import { type Log } from '../lib/log.ts'
import { createFrontServer } from '../proxy/listener.ts'
import { createRoutesApi } from '../proxy/routes-api.ts'
import { type StoreReader } from '../store/store.ts'
import { listen, urlAt } from './listen.ts'

export interface RoutesListener {
  /** Its own address; `''`: it does not listen. */
  readonly url: string
  /** Does nothing where it is not enabled. @throws {ConfigError} its port cannot be had */
  listen(): Promise<void>
  /** At once: its calls are short, and the next hub wants the port. */
  close(): Promise<void>
}

export type RoutesListenerNeeds = Omit<HubRoutesNeeds, 'added' | 'store' | 'config'> & {
  readonly config: HubRoutesNeeds['config'] & Pick<Config, 'routes_api' | 'public_url'>
  readonly store: HubRoutesNeeds['store'] & Pick<StoreReader, 'facts'>
  readonly addedRoutes: AddedRoutes
  readonly log: Log
}

export function createRoutesListener(needs: RoutesListenerNeeds): RoutesListener {
  const { config, log } = needs
  const { enabled, host, port, token } = config.routes_api
  const inside = (): string => `http://127.0.0.1:${needs.store.facts.find(internalPortFact) ?? ''}`
  const own = (): string[] =>
    [...needs.own(), config.public_url, inside(), url].filter((one) => one !== '')
  const table = createHubRoutes({ ...needs, added: needs.addedRoutes, own })
  const server = createFrontServer(createRoutesApi({ table, token, log }))
  let url = ''

  return {
    get url() {
      return url
    },
    async listen() {
      if (!enabled) return
      const actual = await listen(server, { host, port, section: 'routes_api' })
      url = urlAt('http', { host, port: actual })
      log.info({ url: `${url}api/routes` }, 'routes API listening')
    },
    async close() {
      if (!server.listening) return
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
      url = ''
    },
  }
}
