/** The answer when a user's server, a service or another program gave none: is it gone, or only slow? */
import { type IncomingMessage, type ServerResponse } from 'node:http'
import { type ServerVerbs } from '../core/servers.ts'
import { type Log } from '../lib/log.ts'
import { serverPath } from '../model/server.ts'
import { type ForwarderNeeds, type UpstreamFailure } from '../proxy/forward.ts'
import { isAddedRoute, isServerRoute, type Route, type ServerOwner } from '../proxy/routes.ts'
import { type StoreReader } from '../store/store.ts'
import { wantsJson } from './navigation.ts'
import { pageHeaders } from './security-headers.ts'
import { pathNameOf } from './server-card.ts'

export type UpstreamFailureNeeds = {
  readonly config: { readonly base_url: string }
  readonly store: StoreReader
  readonly servers: ServerVerbs
  readonly log: Log
}

/** How a browser should find out that a slow server has recovered. */
const retrySeconds = 3

/** @returns what the forwarder does when a server did not answer; the response has not begun. */
export function answerUpstreamFailure(needs: UpstreamFailureNeeds): ForwarderNeeds['onFailure'] {
  const answer = async (asked: Asked, route: Route): Promise<void> => {
    const isServer = isServerRoute(route)
    // Whoever runs a service or a program starts it again: to wait is all that the caller can do.
    const isAlive = !isServer || (await isStillRunning(needs, route))
    if (asked.response.headersSent || asked.response.destroyed) return
    if (!isServer) answerBusy(asked, isAddedRoute(route) ? 'program' : 'service')
    else if (isAlive) answerBusy(asked, 'server')
    else if (isProgram(asked.request)) answerGone(asked, goneSentence(needs, route))
    else redirectToHub(asked, needs.config.base_url)
  }

  return (request, response, failure) => {
    needs.log.warn(factsOf(failure), 'no answer from where a route leads')
    answer({ request, response }, failure.route).catch((error: unknown) => {
      needs.log.error({ error }, 'answering for a server that did not')
      if (response.headersSent) response.destroy()
      else response.writeHead(502).end()
    })
  }
}

type Asked = { readonly request: IncomingMessage; readonly response: ServerResponse }

const isProgram = (request: IncomingMessage): boolean =>
  request.method !== 'GET' || wantsJson(request.headers)

const factsOf = ({ route, kind, cause }: UpstreamFailure): object => ({
  ...ownerFacts(route),
  kind,
  reason: cause.message,
})

function ownerFacts({ owner }: Route): object {
  if ('added' in owner) return { route: owner.added }
  if ('service' in owner) return { service: owner.service }
  return { server: `${owner.user}/${owner.server}` }
}

/** Notices a dead one, so that its route is gone before anybody asks again. */
async function isStillRunning(
  { store, servers }: UpstreamFailureNeeds,
  route: Route<ServerOwner>,
): Promise<boolean> {
  const server = store.servers.find(route.owner.serverId)
  return server !== undefined && (await servers.check(server)).state === 'ready'
}

const busySentence = (what: string): string =>
  `The ${what} did not answer. It may be busy, or not run; this page tries again in a moment.`

/** It runs, but did not answer: worth another try. */
function answerBusy({ request, response }: Asked, what: 'server' | 'service' | 'program'): void {
  const message = busySentence(what)
  const retry = { 'retry-after': String(retrySeconds) }
  if (isProgram(request)) {
    send(response, { status: 503, message, headers: retry })
    return
  }
  const type = { 'content-type': 'text/plain; charset=utf-8', refresh: String(retrySeconds) }
  response.writeHead(503, { ...pageHeaders('http'), ...type, ...retry }).end(`${message}\n`)
}

/** JupyterLab offers to start it again (contract §1.7). */
function answerGone({ response }: Asked, message: string): void {
  send(response, { status: 424, message, headers: {} })
}

function goneSentence({ config }: UpstreamFailureNeeds, { owner }: Route<ServerOwner>): string {
  const path = serverPath(config.base_url, owner.user, owner.server)
  const name = pathNameOf({ userName: owner.user, name: owner.server })
  return `JupyterHub server no longer running at ${path}. Restart the server at ${config.base_url}hub/spawn/${name}`
}

type Answer = {
  readonly status: number
  readonly message: string
  readonly headers: Readonly<Record<string, string>>
}

function send(response: ServerResponse, { status, message, headers }: Answer): void {
  const type = { 'content-type': 'application/json' }
  response.writeHead(status, { ...pageHeaders('http'), ...type, ...headers })
  response.end(JSON.stringify({ status, message }))
}

/** Where its state is shown and it can be started again, and from where the way leads back. */
function redirectToHub({ request, response }: Asked, baseUrl: string): void {
  const rest = request.url?.slice(`${baseUrl}user/`.length) ?? ''
  const location = `${baseUrl}hub/user/${rest}`
  response.writeHead(303, { ...pageHeaders('http'), location }).end()
}
