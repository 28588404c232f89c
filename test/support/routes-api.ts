/** A hub that answers the REST API of routes, and calls of it. */
import { freePort } from './free-port.ts'
import { callApi, token, type ApiAnswer, type ApiCall } from './standalone.ts'

export type RoutesApiAt = {
  readonly settings: Readonly<Record<string, string>>
  readonly port: number
  api(call: ApiCall): Promise<ApiAnswer>
  /** Every route there is, as it is shown. */
  list(query?: string): Promise<Record<string, Record<string, unknown>>>
  add(path: string, target: string, more?: object): Promise<ApiAnswer>
  remove(path: string): Promise<ApiAnswer>
}

export async function routesApiSettings(): Promise<RoutesApiAt> {
  const port = await freePort()
  const api = (call: ApiCall): Promise<ApiAnswer> => callApi(port, call)
  return {
    port,
    api,
    settings: {
      'routes_api.enabled': 'true',
      'routes_api.port': String(port),
      'routes_api.token': token,
    },
    async list(query = '') {
      const { text } = await api({ path: `/api/routes${query}` })
      return JSON.parse(text) as Record<string, Record<string, unknown>>
    },
    add: (path, target, more = {}) =>
      api({ method: 'POST', path: `/api/routes${path}`, body: { ...more, target } }),
    remove: (path) => api({ method: 'DELETE', path: `/api/routes${path}` }),
  }
}
