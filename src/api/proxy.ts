/** `/proxy`: the table of routes, for programs that knew JupyterHub's separate proxy (contract §3.1, §6.1). */
import { type FastifyInstance } from 'fastify'
import { checkRoutes } from '../core/route-check.ts'
import { invalidInput } from '../lib/errors.ts'
import { escapeName } from '../model/server.ts'
import { routeFacts } from '../core/hub-routes.ts'
import { type Route } from '../proxy/routes.ts'
import { urlOf } from '../proxy/target.ts'
import { parse, readJson } from './body.ts'
import { type ApiNeeds } from './guard.ts'
import { pageQuery, paginate, readPage } from './page.ts'
import { timestamp } from './present.ts'
import { anyObject, listOf, routes as routeShapes } from './schemas.ts'

export function proxyRoutes(app: FastifyInstance, needs: ApiNeeds): void {
  const { routes, config } = needs
  const listing = {
    scope: 'proxy',
    query: pageQuery,
    answers: { 200: listOf(routeShapes) },
  } as const
  app.get('/proxy', { config: listing }, (request) => {
    const page = readPage(request, config.api)
    const all = routes.list()
    const shown = all.slice(page.offset, page.offset + page.limit).map(presentRoute)
    const items = Object.fromEntries(shown.map((one) => [one.routespec, one]))
    return paginate(request, page, { items, total: all.length })
  })

  app.post(
    '/proxy',
    { config: { scope: 'proxy', answers: { 200: 'nothing' } } },
    (_request, reply) => {
      checkRoutes({ ...needs, baseUrl: config.base_url })
      return reply.code(200).send('')
    },
  )

  const telling = { scope: 'proxy', body: anyObject, needsBody: true } as const
  app.patch('/proxy', { config: telling }, (request) => {
    parse(anyObject, readJson(request))
    throw invalidInput('The proxy is a part of this hub: there is no other one to talk to.')
  })
}

function presentRoute({ prefix, target, owner, lastActivityMs }: Route) {
  const lastActivity = lastActivityMs === 0 ? undefined : new Date(lastActivityMs)
  return {
    routespec: prefix.split('/').map(escapeName).join('/'),
    target: urlOf(target),
    data: {
      ...routeFacts(owner),
      last_activity: timestamp(lastActivity),
    },
  }
}
