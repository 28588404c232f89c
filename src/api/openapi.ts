/** `/openapi.json`: the API's own description, made of what its routes declare (OpenAPI 3.1). */
import { type FastifyInstance, type RouteOptions } from 'fastify'
import { type Json } from './present.ts'
import { type ApiNeeds, type ScopeRule } from './guard.ts'

/** Describes every route that is registered on `app` from here on. */
export function openApiRoutes(app: FastifyInstance, { config }: ApiNeeds): void {
  const paths: Record<string, Record<string, Json>> = {}
  const root = `${config.base_url}hub/api`
  app.addHook('onRoute', (route) => {
    const path = route.url.slice(root.length).replace(/:([a-z]+)/g, '{$1}') || '/'
    if (path.includes('*')) return
    for (const method of [route.method].flat().filter((one) => one !== 'HEAD'))
      paths[path] = { ...paths[path], [method.toLowerCase()]: operationOf(route, method) }
  })
  app.get('/openapi.json', { config: { scope: 'anyone' } }, () => ({
    openapi: '3.1.0',
    info: {
      title: 'littlehub',
      version: config.jupyterhub_version,
      description: 'Compatible with the REST API of JupyterHub.',
    },
    servers: [{ url: root }],
    paths,
    components: {
      securitySchemes: {
        token: { type: 'apiKey', name: 'Authorization', in: 'header' },
        session: { type: 'apiKey', name: 'hub session', in: 'cookie' },
      },
    },
  }))
}

function operationOf({ url, config }: RouteOptions, method: string): Json {
  const { scope = 'anyone', body } = config ?? {}
  const names = [...url.matchAll(/:([a-z]+)/g)].map(([, name]) => name)
  const parameters = names.map((name) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }))
  return {
    operationId: `${method.toLowerCase()}${url.replace(/[^A-Za-z]+/g, '_')}`,
    description: describeRule(scope),
    ...(parameters.length > 0 && { parameters }),
    ...(body && { requestBody: { content: { 'application/json': { schema: body } } } }),
    responses: {
      default: { description: 'The answer; errors have a status and a message.' },
      ...(scope === 'anyone' ? {} : { 403: { description: 'No credential, or no such scope.' } }),
    },
    security: scope === 'anyone' ? [] : [{ token: [] }, { session: [] }],
  }
}

function describeRule(scope: ScopeRule): string {
  if (scope === 'anyone') return 'For anybody.'
  if (scope === 'any-credential') return 'For whoever has a valid credential.'
  return `Needs one of the scopes: ${[scope].flat().join(', ')}.`
}
