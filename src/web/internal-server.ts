/** The server that running servers and services reach, on loopback only: the API, with tokens only. */
import { type RequestListener, type Server } from 'node:http'
import { createFrontServer } from '../proxy/listener.ts'

/** Everything else is not there, and a login that comes along counts for nothing. */
export function createInternalServer(apiPath: string, hub: RequestListener): Server {
  return createFrontServer((request, response) => {
    const path = request.url?.split('?', 1)[0] ?? ''
    delete request.headers.cookie
    if (path === apiPath || path.startsWith(`${apiPath}/`)) hub(request, response)
    else response.writeHead(404).end()
  })
}
