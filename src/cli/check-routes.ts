/** The doctor looks at the REST API of routes: who reaches it, and what it has opened to everybody. */
import { type Config } from '../config/schema.ts'
import { type AddedRoute } from '../model/added-route.ts'
import { ok, warn, type Finding } from './finding.ts'

/** @param added what is remembered, whether the API is enabled now or not */
export function checkRoutes(
  { routes_api: api }: Pick<Config, 'routes_api'>,
  added: readonly AddedRoute[],
): Finding[] {
  const paths = added.map(({ path, data: { target } }) => `${path} (${target})`)
  return [
    ...(api.enabled ? [reach(api)] : []),
    ...(paths.length === 0
      ? []
      : [ok('routes', `open to everybody, without a login at the hub: ${paths.join(', ')}`)]),
  ]
}

function reach({ host, port, open_to_network: isOpen }: Config['routes_api']): Finding {
  const found = `the REST API of routes listens on ${host}, port ${port}`
  if (!isOpen) return ok('routes', `${found}, for whoever has its token`)
  const advice = 'Let a firewall keep others away, or unset `routes_api.open_to_network`.'
  return warn('routes', `${found}, and its token travels unencrypted`, advice)
}
