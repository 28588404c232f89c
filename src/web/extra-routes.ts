/** Extra routes: programs that are no services, each below a prefix of its own (JupyterHub: `extra_routes`). */
import { fastifyHttpProxy, type FastifyHttpProxyOptions } from '@fastify/http-proxy'
import { type FastifyRequest } from 'fastify'
import { IncomingMessage } from 'node:http'
import { type TokenExchange } from '../core/token-exchange.ts'
import { joinPath } from '../lib/url.ts'
import { hubCookieNames } from '../model/session.ts'
import { requestHead, responseFields } from '../proxy/headers.ts'
import { withoutQuery } from '../proxy/path.ts'
import { type Origins } from './origin.ts'
import { type App } from './server.ts'

export type ExtraRouteNeeds = {
  /** Path prefix, with a slash at either end → http or https address. */
  readonly routes: Readonly<Record<string, string>>
  readonly origins: Origins
  readonly exchange: Pick<TokenExchange, 'authorizationForProgram'>
}

/** Requests keep their whole path, behind that of the address. No WebSockets: a service has them. */
export async function mountExtraRoutes(app: App, needs: ExtraRouteNeeds) {
  for (const [prefix, target] of Object.entries(needs.routes))
    await app.register(async (scope) => {
      // Bodies pass as they come, however large.
      scope.removeAllContentTypeParsers()
      scope.addHook('onRequest', async (request, reply) => {
        const location = withSlash(request, prefix)
        if (location !== undefined) await reply.redirect(location)
      })
      await scope.register(fastifyHttpProxy, optionsFor(prefix, new URL(target), needs))
    })
}

/** A script without it could become a service worker of all that is beside it, as in `proxy/forward.ts`. */
function withSlash({ method, url }: FastifyRequest, prefix: string): string | undefined {
  const path = withoutQuery(url)
  const isShort = path.split('/').length < prefix.split('/').length
  if (!isShort || (method !== 'GET' && method !== 'HEAD')) return undefined
  return `${path}/${url.slice(path.length)}`
}

function optionsFor(prefix: string, target: URL, needs: ExtraRouteNeeds): FastifyHttpProxyOptions {
  return {
    upstream: target.origin,
    prefix: prefix.slice(0, -1),
    rewritePrefix: joinPath(target.pathname, prefix).slice(0, -1),
    internalRewriteLocationHeader: false,
    disableRequestLogging: true,
    replyOptions: {
      // Otherwise it asks ten times for what is unavailable.
      retryDelay: () => null,
      // HTTP/2, the other thing it could be, is not spoken here.
      rewriteRequestHeaders: ({ raw }, headers) =>
        raw instanceof IncomingMessage ? headersUp(raw, headers, needs) : {},
      rewriteHeaders: (headers) => headersDown(headers, prefix),
      onError(reply) {
        reply.code(503).type('text/plain; charset=utf-8')
        void reply.send('This program does not answer.\n')
      },
    },
  }
}

type Headers = Readonly<Record<string, string | string[] | undefined>>

/** As to any server, so that what the plug-in stumbles over never reaches it either. */
function headersUp(raw: IncomingMessage, given: Headers, { origins, exchange }: ExtraRouteNeeds) {
  const authorization = exchange.authorizationForProgram(raw.headers.authorization)
  const head = requestHead(raw, {
    target: '/',
    framing: '',
    policy: {
      hubCookieNames,
      forwarded: origins.of(raw),
      ...(authorization === undefined ? {} : { authorization }),
    },
  })
  const fields = head.split('\r\n').slice(1).filter(Boolean)
  const length = given['content-length']
  return collect([
    ...fields.flatMap((line) => [line.slice(0, line.indexOf(':')), line.replace(/^[^:]*: /, '')]),
    ...(typeof length === 'string' ? ['content-length', length] : []),
  ])
}

const headersDown = (headers: Headers, prefix: string) =>
  collect(
    responseFields(
      Object.entries(headers).flatMap(([name, value = []]) =>
        [value].flat().flatMap((one) => [name, one]),
      ),
      { prefix, hubCookieNames },
    ),
  )

/** Name, value, name, value… by lower-case name. */
function collect(fields: readonly string[]): Record<string, string | string[]> {
  const collected = new Map<string, string[]>()
  for (let index = 0; index + 1 < fields.length; index += 2) {
    const name = (fields[index] ?? '').toLowerCase()
    collected.set(name, [...(collected.get(name) ?? []), fields[index + 1] ?? ''])
  }
  return Object.fromEntries(
    [...collected].map(([name, values]) => [name, values.length > 1 ? values : (values[0] ?? '')]),
  )
}
