/** JupyterHub's published REST description: its operations, and the whole of it where it is true of JupyterHub itself. */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { parse } from 'yaml'

type Schema = {
  type?: unknown
  anyOf?: readonly Schema[]
  enum?: unknown[]
  properties?: Record<string, Schema>
}
type Operation = {
  parameters?: readonly { readonly $ref?: string; readonly name?: string; schema?: Schema }[]
  requestBody?: { required?: boolean; content: { 'application/json': { schema: Schema } } }
  responses: Record<
    string,
    { description: string; content?: { 'application/json': { schema: Schema } } }
  >
  security?: unknown[]
}
type Description = {
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, Schema> }
}

const file = path.join(import.meta.dirname, '../conformance/jupyterhub-rest-api.yml')
const read = (): Description => parse(readFileSync(file, 'utf8')) as Description

/** By method and path. */
export const jupyterhubOperations: readonly (readonly [method: string, path: string])[] =
  Object.entries(read().paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => [method.toUpperCase(), path] as const),
  )

/** Those that are no route of the API here; test/README.md says why. */
export const missingOperations = ['GET /oauth2/authorize']

/** What can be null although the description knows only a value. */
const nullable: Readonly<Record<string, readonly string[]>> = {
  User: ['user_info', 'server', 'pending', 'last_activity', 'auth_state'],
  Server: ['pending', 'started', 'last_activity'],
  Token: ['expires_at', 'last_activity'],
  NewToken: ['expires_at', 'last_activity'],
  ServerRequest: ['display_name', 'user_options'],
}

/** The description, mended where JupyterHub 6.1.1 itself does otherwise; test/README.md lists each place. */
export function trueDescription(): Description {
  const description = read()
  const { paths, components } = description
  for (const [model, names] of Object.entries(nullable))
    for (const name of names) allowNull(components.schemas[model]?.properties?.[name])

  const operation = (path: string, method: string): Operation => {
    const found = paths[path]?.[method]
    if (!found) throw new Error(`the description has no ${method} ${path}`)
    return found
  }
  operation('/', 'get').security = []
  operation('/services', 'get').responses = {
    200: { description: '', content: { 'application/json': { schema: { type: 'object' } } } },
  }
  operation('/services', 'get').parameters = []
  for (const { requestBody } of Object.values(paths).flatMap((one) => Object.values(one)))
    if (requestBody && requestBody.required !== true) {
      const content = requestBody.content['application/json']
      content.schema = { anyOf: [content.schema, { type: 'null' }] }
    }
  for (const path of ['/users', '/users/{name}'])
    for (const parameter of operation(path, 'get').parameters ?? [])
      if (parameter.name === 'include_stopped_servers') parameter.schema = { type: 'string' }
  return description
}

function allowNull(schema: Schema | undefined): void {
  if (!schema) throw new Error('the description has no such field')
  schema.type = [schema.type, 'null']
  if (schema.enum) schema.enum.push(null)
}
