/** The API of a hub on a real port, without the pages: its routes, and clients that call them. */
import { type FastifyInstance } from 'fastify'
import http from 'node:http'
import { type AddressInfo } from 'node:net'
import { type Test } from 'tap'
import { Value } from 'typebox/value'
import { mountApi } from '../../src/api/api.ts'
import { answersOf } from '../../src/api/openapi.ts'
import { type NewSession } from '../../src/core/sessions.ts'
import { pluginSchemas } from '../../src/context.ts'
import { createReload } from '../../src/core/reload.ts'
import { createXsrf } from '../../src/core/xsrf.ts'
import { type Principal } from '../../src/core/access.ts'
import { sessionCookie } from '../../src/model/session.ts'
import { type User } from '../../src/model/user.ts'
import { createOrigins } from '../../src/web/origin.ts'
import { createWebServer } from '../../src/web/server.ts'
import { createCore, type Core, type CoreOptions } from './core.ts'

/** For strangers, and without anything about anybody. */
export const forAnybody: ReadonlySet<string> = new Set([
  '/hub/api',
  '/hub/api/',
  '/hub/api/*',
  '/hub/api/health',
  '/hub/api/openapi.json',
  '/hub/api/oauth2/token',
])

export type Answer = {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The body as JSON; undefined when it is none. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- a test looks at whatever there is
  readonly json: any
}

export type Call = (
  method: string,
  path: string,
  body?: unknown,
  headers?: Readonly<Record<string, string>>,
) => Promise<Answer>

export type Route = { readonly method: string; readonly path: string }

export type Api = Core & {
  /** `http://127.0.0.1:PORT` */
  readonly origin: string
  readonly routes: readonly Route[]
  /** What `POST /shutdown` asked for. */
  readonly stops: { readonly servers: boolean }[]
  readonly nobody: Call
  /** With a token of theirs; without scopes it may do what they may. */
  as(user: User, scopes?: readonly string[]): Call
  withToken(secret: string): Call
  /** With a login cookie, and the XSRF token that belongs to it unless another is given. */
  inBrowser(session: NewSession, xsrf?: string): Call
  xsrfOf(session: NewSession): string
  /** The hub begins to stop. */
  beginToStop(): void
  close(): Promise<void>
}

export async function startApi(t: Test, options: CoreOptions = {}): Promise<Api> {
  const core = createCore(t, options)
  const { context } = core
  const origins = createOrigins({ trustedProxies: [], publicUrl: '' })
  const app = await createWebServer({
    log: context.log,
    origins,
    bodyLimitBytes: context.config.body_limit,
    serve: (hub) => http.createServer(hub),
  })
  const routes: Route[] = []
  app.addHook('onRoute', ({ method, url }) => {
    for (const one of [method].flat()) routes.push({ method: one, path: url })
  })
  holdToItsDescription(t, app)
  const stops: { readonly servers: boolean }[] = []
  const stopping = new AbortController()
  const stopHub = (options: { readonly servers: boolean }): void => void stops.push(options)
  const reload = createReload({
    ...{ ...context, baseUrl: '/', plugins: pluginSchemas, initial: core.loaded },
    ...{ read: options.readAgain, check: () => undefined },
    listenSecurely: () => Promise.resolve(),
  })
  await mountApi(app, { ...context, origins, stopping: stopping.signal, stopHub, reload })
  await app.listen({ port: 0, host: '127.0.0.1' })
  t.teardown(() => app.close())

  const origin = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`
  const xsrf = createXsrf(context.signingKey)
  const principalOf = (session: NewSession): Principal | undefined => core.asSession(session)
  const xsrfOf = (session: NewSession): string => xsrf.tokenFor({}, principalOf(session)).token
  const caller =
    (always: Readonly<Record<string, string>>): Call =>
    (method, path, body, headers = {}) =>
      call(origin, { method, path, body, headers: { ...always, ...headers } })
  const withToken = (secret: string): Call => caller({ authorization: `token ${secret}` })

  return {
    ...core,
    origin,
    routes,
    stops,
    nobody: caller({}),
    withToken,
    as: (user, scopes) =>
      withToken(context.tokens.issue({ user, note: 'test', ...(scopes ? { scopes } : {}) }).secret),
    inBrowser: (session, token = xsrfOf(session)) =>
      caller({
        cookie: `${sessionCookie.plain}=${session.secret}`,
        'content-type': 'application/json',
        ...(token === '' ? {} : { 'x-xsrftoken': token }),
      }),
    xsrfOf,
    beginToStop: () => stopping.abort(),
    close: () => app.close(),
  }
}

/** Whatever a test asks for, the answer is one that the API's own description has. */
function holdToItsDescription(t: Test, app: FastifyInstance): void {
  app.addHook('onSend', (request, reply, payload, done) => {
    const { config, url } = request.routeOptions
    const { statusCode: status } = reply
    if (url !== undefined && config.scope !== undefined && status !== 500) {
      const declared = answersOf(config, url)[status]
      const name = `${request.method} ${url} answers ${status}`
      if (declared === undefined) t.fail(`${name}, which its description does not have`)
      else if (declared === 'nothing' && (payload ?? '') !== '') t.fail(`${name} with a body`)
      else if (typeof declared !== 'string' && request.method !== 'HEAD') {
        const body: unknown = JSON.parse(String(payload))
        if (!Value.Check(declared, body))
          t.fail(`${name} otherwise than described`, { body, errors: Value.Errors(declared, body) })
      }
    }
    done()
  })
}

type Outgoing = {
  readonly method: string
  readonly path: string
  readonly body: unknown
  readonly headers: Readonly<Record<string, string>>
}

/** By `node:http`, which sends what it is told to: `fetch` adds headers as a browser does, and tidies paths. */
function call(origin: string, { method, path, body, headers }: Outgoing): Promise<Answer> {
  const payload = typeof body === 'string' || body === undefined ? body : JSON.stringify(body)
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(origin)
    const length = payload === undefined ? {} : { 'content-length': Buffer.byteLength(payload) }
    const request = http.request(
      { hostname, port, method, path, headers: { ...length, ...headers } },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', reject)
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString()
          const pairs = Object.entries(response.headers).map(([name, value]): [string, string] => [
            name,
            String(value),
          ])
          resolve({
            status: response.statusCode ?? 0,
            headers: new Headers(pairs),
            text,
            json: jsonOf(text),
          })
        })
      },
    )
    request.on('error', reject)
    request.end(payload)
  })
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
