/** `/openapi.json`: the API's own description, made of what its routes declare (OpenAPI 3.1). */
import { type FastifyContextConfig, type FastifyInstance, type RouteOptions } from 'fastify'
import { Type, type TSchema } from 'typebox'
import { type Json } from './present.ts'
import { type ApiNeeds, type ScopeRule } from './guard.ts'
import { models, progressFrame, refusal, type Answer, type Answers } from './schemas.ts'

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
  const answers = { 200: anyDocument }
  app.get('/openapi.json', { config: { scope: 'anyone', answers } }, () => ({
    openapi: '3.1.0',
    info: {
      title: 'littlehub',
      version: config.jupyterhub_version,
      description: 'Compatible with the REST API of JupyterHub.',
    },
    servers: [{ url: root }],
    paths,
    components: {
      schemas: Object.fromEntries(
        Object.entries(models).map(([name, schema]) => [name, bodyOf(schema)]),
      ),
      securitySchemes: {
        token: {
          type: 'apiKey',
          name: 'Authorization',
          in: 'header',
          description: 'The word token or bearer, a space, and the token.',
        },
        session: {
          type: 'apiKey',
          name: 'hub session',
          in: 'cookie',
          description: 'The login of a browser, with the X-XSRFToken header where a page’s own is.',
        },
      },
    },
  }))
}

const anyDocument = { type: 'object' } as const

/** What a route may answer: what it declares, and what becomes of any request like it before its handler. */
export function answersOf(config: FastifyContextConfig, url: string): Answers {
  const { scope = 'anyone', body, query, answers = {} } = config
  const isOpen = scope === 'anyone'
  return {
    ...(url.includes('/:') || body || query ? { 400: refusal } : {}),
    ...(isOpen ? {} : { 403: refusal }),
    ...(!isOpen && url.includes('/:') ? { 404: refusal } : {}),
    ...(body ? { 413: refusal, 415: refusal } : {}),
    ...answers,
  }
}

function operationOf({ url, config = {} }: RouteOptions, method: string): Json {
  const { scope = 'anyone', body, needsBody = false } = config
  const parameters = [...pathParameters(url), ...queryParameters(config)]
  const answers = Object.entries(answersOf(config, url))
  return {
    operationId: `${method.toLowerCase()}${url.replace(/[^A-Za-z]+/g, '_')}`,
    description: describeRule(scope),
    ...(parameters.length > 0 && { parameters }),
    ...(body && { requestBody: requestBodyOf(body, needsBody) }),
    responses: Object.fromEntries(
      answers.map(([status, answer]) => [status, responseOf(Number(status), answer)]),
    ),
    security: scope === 'anyone' ? [] : [{ token: [] }, { session: [] }],
  }
}

/** `null` is a body that is not there (contract §0.6). */
function requestBodyOf(body: TSchema, isNeeded: boolean): Json {
  const schema = isNeeded ? body : Type.Union([body, Type.Null()])
  return { required: isNeeded, content: { 'application/json': { schema } } }
}

/** What each name in a path stands for. */
const inPath: Readonly<
  Record<string, { readonly description: string; readonly pattern?: string }>
> = {
  name: { description: 'The name of a user.' },
  server: { description: 'The name of a server of theirs; empty: the default one.' },
  owner: { description: 'The name of the user whose server it is.' },
  group: { description: 'The name of a group.' },
  service: { description: 'The name of a service.' },
  id: { description: 'The id of a token.', pattern: '^a\\d{1,15}$' },
  token: { description: 'Any token: it is not looked at.' },
  cookie: { description: 'Any cookie: it is not looked at.' },
  value: { description: 'Any value: it is not looked at.' },
}

function pathParameters(url: string): Json[] {
  const names = [...url.matchAll(/:([a-z]+)/g)].map(([, name = '']) => name)
  return names.map((name) => {
    const { description = '', pattern } = inPath[name] ?? {}
    const schema = { type: 'string', ...(pattern === undefined ? {} : { pattern }) }
    return { name, in: 'path', required: true, description, schema }
  })
}

const queryParameters = ({ query = {} }: FastifyContextConfig): Json[] =>
  Object.entries(query).map(([name, { description, ...schema }]) => ({
    name,
    in: 'query',
    description,
    schema,
  }))

const phrases: Readonly<Record<number, string>> = {
  200: 'Done.',
  201: 'Made.',
  202: 'It is being done.',
  204: 'Done; there is nothing to say.',
  400: 'The request is not one that can be carried out.',
  401: 'The client is not known.',
  403: 'No credential, or none with such a scope.',
  404: 'There is no such thing, or not for these credentials.',
  405: 'Not with this one.',
  409: 'It exists already, or is not made for this.',
  413: 'The body is too large.',
  415: 'The content type is none.',
  424: 'The server does not run.',
  429: 'Too much at once.',
  500: 'It failed, and the message says how.',
  503: 'Not now.',
}

/** Media types of what is no JSON. */
const otherMedia = new Map<unknown, Json>([
  ['events', { 'text/event-stream': { schema: progressFrame } }],
  ['metrics', { 'text/plain': { schema: Type.String() } }],
])

function responseOf(status: number, answer: Answer): Json {
  const description = phrases[status] ?? ''
  if (answer === 'nothing') return { description }
  const content = otherMedia.get(answer)
  if (content) return { description, content }
  const retry = { 'Retry-After': { description: 'Seconds.', schema: { type: 'string' } } }
  return {
    description,
    ...(status === 429 && { headers: retry }),
    content: { 'application/json': { schema: reference(answer) } },
  }
}

const nameOf = new Map<unknown, string>(
  Object.entries(models).map(([name, schema]) => [schema, name]),
)

/** The models in it by their names, so that a reader meets each once. */
function reference(schema: unknown): unknown {
  const name = nameOf.get(schema)
  return name === undefined ? bodyOf(schema) : { $ref: `#/components/schemas/${name}` }
}

function bodyOf(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(reference)
  if (typeof schema !== 'object' || schema === null) return schema
  return Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, reference(value)]))
}

function describeRule(scope: ScopeRule): string {
  if (scope === 'anyone') return 'For anybody.'
  if (scope === 'any-credential') return 'For whoever has a valid credential.'
  return `Needs one of the scopes: ${[scope].flat().join(', ')}.`
}
