/** The REST API of configurable-http-proxy, `/api/routes`, over a table of routes. */
import { type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import { asError, HubError } from '../lib/errors.ts'
import { parseQuery } from '../lib/fields.ts'
import { type Log } from '../lib/log.ts'
import { equalSecrets } from '../lib/secret.ts'
import { type RouteData } from './route-table.ts'
import { type Route } from './routes.ts'

/** What is said about a route. */
export type ShownRoute = {
  /** Decoded; begins with a slash and does not end with one, but for `/`. */
  readonly path: string
  readonly data: RouteData
  readonly route: Pick<Route, 'lastActivityMs'>
}

/** The table that is shown and changed; whoever keeps it refuses what may not be. */
export interface ShownRoutes {
  /** Adds or replaces. @throws {HubError} */
  add(path: string, data: RouteData): void
  /** @returns whether there was one. @throws {HubError} */
  remove(path: string): boolean
  find(path: string): ShownRoute | undefined
  list(): ShownRoute[]
}

export type RoutesApiNeeds = {
  readonly table: ShownRoutes
  /** Absent: whoever reaches the listener may do everything. */
  readonly token: string | undefined
  readonly log: Log
  /** Told of what was asked, for the metrics. */
  readonly onCall?: (what: 'get' | 'add' | 'delete') => void
  readonly onAnswer?: (status: number) => void
}

type Call = {
  readonly request: IncomingMessage
  /** Of the route, decoded; `''`: none was named. */
  readonly path: string
}

type Answer = {
  readonly status: number
  readonly text?: string
  readonly json?: unknown
}

/** A route and what is said about it is a few hundred bytes. */
const maxBodyBytes = 1024 * 1024

const base = '/api/routes'

/**
 * @see configurable-http-proxy: its published description, and `configproxy.js` where that is silent. Different on
 * purpose: who may ask is decided before the body is read, what cannot be decoded is a 400, and so is a target that is
 * no address.
 */
export function createRoutesApi(needs: RoutesApiNeeds): RequestListener {
  const { table, log } = needs
  const called = needs.onCall ?? (() => undefined)

  const get = ({ request, path }: Call): Answer => {
    if (path !== '' && path !== '/') {
      const entry = table.find(path)
      return entry ? { status: 200, json: shown(entry) } : { status: 404 }
    }
    const beforeMs = inactiveSince(request)
    called('get')
    const entries = table
      .list()
      .filter(({ route }) => beforeMs === undefined || route.lastActivityMs < beforeMs)
    return { status: 200, json: Object.fromEntries(entries.map((one) => [one.path, shown(one)])) }
  }

  const post = async ({ request, path }: Call): Promise<Answer> => {
    const data = parseData(await bodyOf(request))
    table.add(path || '/', data)
    log.info({ route: path || '/', target: data.target }, 'route added')
    called('add')
    return { status: 201 }
  }

  const remove = ({ path }: Call): Answer => {
    const wasThere = table.remove(path || '/')
    if (wasThere) log.info({ route: path || '/' }, 'route removed')
    called('delete')
    return { status: wasThere ? 204 : 404 }
  }

  const verbs: Readonly<Record<string, (call: Call) => Answer | Promise<Answer>>> = {
    GET: get,
    POST: post,
    DELETE: remove,
  }

  const answerTo = async (request: IncomingMessage): Promise<Answer> => {
    const path = routePath(request.url ?? '')
    if (path === undefined) return { status: 404, text: 'Not Found' }
    const verb = verbs[request.method ?? '']
    if (!verb) return { status: 405, text: 'Method not supported' }
    return isAllowed(request, needs.token) ? verb({ request, path }) : { status: 403 }
  }

  return (request, response) => {
    response.once('finish', () => needs.onAnswer?.(response.statusCode))
    answerTo(request)
      .catch((thrown: unknown) => refusal(thrown, log))
      .then((answer) => send(response, answer))
      .catch((error: unknown) => log.error({ error }, 'the answer could not be sent'))
  }
}

/** @returns what stands behind `/api/routes`, decoded once; undefined: something else is asked for. @throws {HubError} */
function routePath(url: string): string | undefined {
  const path = url.split('?', 1)[0] ?? ''
  if (path !== base && !path.startsWith(`${base}/`)) return undefined
  try {
    return decodeURIComponent(path.slice(base.length))
  } catch {
    throw new HubError('InvalidInput', 'The path is not escaped as in a URL.')
  }
}

/** `Authorization: token …`, the word in lower case. */
function isAllowed({ headers }: IncomingMessage, token: string | undefined): boolean {
  if (token === undefined) return true
  const given = /\btoken\s+(\S+)/.exec(headers.authorization ?? '')?.[1]
  return given !== undefined && equalSecrets(given, token)
}

/** @returns epoch milliseconds. @throws {HubError} */
function inactiveSince({ url = '' }: IncomingMessage): number | undefined {
  const query = parseQuery(url)
  // The older spelling counts where the newer one says nothing.
  const [given] = [query.get('inactiveSince'), query.get('inactive_since')].filter(Boolean)
  if (!given) return undefined
  const atMs = Date.parse(given)
  if (Number.isNaN(atMs))
    throw new HubError('InvalidInput', `Invalid datestamp '${given}' must be ISO8601.`)
  return atMs
}

/** @throws {HubError} */
async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > maxBodyBytes) throw new HubError('TooLarge', 'The body is too large.')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** @throws {HubError} */
function parseData(text: string): RouteData {
  let data: unknown
  try {
    data = JSON.parse(text)
  } catch (thrown) {
    throw new HubError('InvalidInput', `Body not valid JSON: ${String(thrown)}`)
  }
  if (typeof data !== 'object' || !data || !('target' in data) || typeof data.target !== 'string')
    throw new HubError('InvalidInput', "Must specify 'target' as string")
  return { ...data, target: data.target }
}

const shown = ({ data, route }: ShownRoute): object => ({
  ...data,
  last_activity: new Date(route.lastActivityMs).toISOString(),
})

function refusal(thrown: unknown, log: Log): Answer {
  if (thrown instanceof HubError) return { status: thrown.status, text: thrown.message }
  log.error({ error: asError(thrown) }, 'a call of the routes API failed')
  return { status: 500, text: 'Internal Server Error' }
}

function send(response: ServerResponse, { status, text, json }: Answer): void {
  if (json !== undefined) response.setHeader('content-type', 'application/json')
  else if (text !== undefined) response.setHeader('content-type', 'text/plain; charset=utf-8')
  // The rest of a body that is too large is not waited for.
  if (status === 413) response.setHeader('connection', 'close')
  response.writeHead(status).end(json === undefined ? text : JSON.stringify(json))
}
