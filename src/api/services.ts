/** `/services`: list, register while the hub runs, remove (contract §3.1, §7.1). */
import { type FastifyInstance, type FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { invalidInput } from '../lib/errors.ts'
import { type Service, type ServiceSpec } from '../model/service.ts'
import { parse, readJson } from './body.ts'
import { callerOf, namesIn, type ApiNeeds } from './guard.ts'
import { createGroupPresenter } from './present-groups.ts'
import { refusal, service as serviceShape, services as serviceShapes } from './schemas.ts'

const text = Type.Optional(Type.String({ maxLength: 2000 }))
const flag = Type.Optional(Type.Boolean())

/** What can be registered; a service with a command is only run when the configuration says so. */
const newService = Type.Object(
  {
    name: text,
    admin: flag,
    url: text,
    api_token: text,
    info: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
    display: flag,
    access: Type.Optional(Type.Union([Type.Literal('members'), Type.Literal('public')])),
    oauth_client_id: text,
    oauth_redirect_uri: text,
    oauth_client_allowed_scopes: Type.Optional(
      Type.Array(Type.String({ maxLength: 500 }), { maxItems: 200 }),
    ),
    oauth_no_confirm: flag,
  },
  { additionalProperties: false },
)

export function serviceRoutes(app: FastifyInstance, needs: ApiNeeds): void {
  const { services, store } = needs
  const present = createGroupPresenter(needs)

  const listing = {
    scope: 'list:services',
    target: 'listed',
    answers: { 200: serviceShapes },
  } as const
  app.get('/services', { config: listing }, (request) => {
    const { scopes } = callerOf(request)
    const listed = store.services
      .list()
      .filter(({ name }) => scopes.has('list:services', { service: name }))
    return Object.fromEntries(listed.map((one) => [one.name, present.service(one, scopes)]))
  })

  const read = ['read:services', 'read:services:name', 'read:roles:services'] as const
  const reading = { scope: read, target: 'service', answers: { 200: serviceShape } } as const
  app.get('/services/:service', { config: reading }, (request) =>
    present.service(serviceIn(request, needs), callerOf(request).scopes),
  )

  const writing = { scope: 'admin:services', target: 'service' } as const
  const adding = { ...writing, body: newService, answers: { 201: serviceShape, 409: refusal } }
  app.post('/services/:service', { config: adding }, (request, reply) => {
    const { scopes } = callerOf(request)
    const service = services.add(readSpec(request), scopes)
    return reply.code(201).send(present.service(service, scopes))
  })

  const removing = { ...writing, answers: { 200: 'nothing', 405: refusal } } as const
  app.delete('/services/:service', { config: removing }, (request, reply) => {
    services.remove(serviceIn(request, needs))
    return reply.code(200).send('')
  })
}

const serviceIn = (request: FastifyRequest, { store }: ApiNeeds): Service =>
  store.services.getByName(namesIn(request).service)

function readSpec(request: FastifyRequest): ServiceSpec {
  const { service: name } = namesIn(request)
  const given = parse(newService, readJson(request) ?? {})
  if (given.name !== undefined && given.name !== name)
    throw invalidInput('The name in the body is not that of the address.')
  const { admin, url, info, display, access } = given
  return {
    name,
    admin,
    url,
    info,
    display,
    access,
    apiToken: given.api_token,
    oauthClientId: given.oauth_client_id,
    oauthRedirectUri: given.oauth_redirect_uri,
    oauthClientAllowedScopes: given.oauth_client_allowed_scopes,
    oauthNoConfirm: given.oauth_no_confirm,
  }
}
