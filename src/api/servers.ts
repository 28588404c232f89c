/** `/users/:name/server` and `/users/:name/servers/:server`: look, start, stop (contract §3.7). */
import { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { HookRefusal } from '../core/hooks.ts'
import { StartFailed } from '../core/start.ts'
import { HubError, invalidInput, notFound } from '../lib/errors.ts'
import { normaliseDisplayName, type Server } from '../model/server.ts'
import { parse, readJson } from './body.ts'
import { callerOf, namesIn, type ApiNeeds } from './guard.ts'
import { type Presenter } from './present.ts'
import { userIn } from './users.ts'
import { within } from './within.ts'
import { anyObject, refusal, server as serverShape } from './schemas.ts'

type ServerNeeds = ApiNeeds & { readonly present: Presenter }
/** What a body asks for; absent options are those of the last start. */
type Wanted = {
  readonly options?: Readonly<Record<string, unknown>>
  readonly displayName?: string
}

const displayName = Type.String({ maxLength: 1000 })
const startRequest = Type.Object({
  display_name: Type.Optional(Type.Union([displayName, Type.Null()])),
  user_options: Type.Optional(Type.Union([anyObject, Type.Null()])),
})
const editRequest = Type.Object(
  {
    name: Type.Optional(Type.String({ maxLength: 300 })),
    display_name: Type.Optional(displayName),
    user_options: Type.Optional(anyObject),
  },
  { additionalProperties: false, minProperties: 1 },
)
const stopRequest = Type.Object({ remove: Type.Optional(Type.Boolean()) })

const created = { 201: serverShape, 409: refusal }
const edited = { 200: serverShape, 409: refusal }
const startAnswers = {
  201: 'nothing',
  202: 'nothing',
  429: refusal,
  500: refusal,
  503: refusal,
} as const
const stopAnswers = { 202: 'nothing', 204: 'nothing' } as const

export function serverRoutes(app: FastifyInstance, needs: ServerNeeds): void {
  const { namedServers, present } = needs

  const reading = { scope: 'read:servers', target: 'server' } as const
  for (const path of ['/users/:name/server', '/users/:name/servers/:server']) {
    app.get(path, { config: { ...reading, answers: { 200: serverShape } } }, (request) =>
      present.server(serverIn(request, needs), callerOf(request).scopes),
    )

    const starting = { scope: 'start:servers', target: 'server' } as const
    app.put(
      path,
      { config: { ...starting, body: startRequest, answers: created } },
      (request, reply) => {
        const server = create(request, needs)
        return reply.code(201).send(present.server(server, callerOf(request).scopes))
      },
    )

    app.post(
      path,
      { config: { ...starting, body: startRequest, answers: startAnswers } },
      async (request, reply) => {
        const user = userIn(request, needs)
        const wanted = readWanted(request)
        const { server: name } = namesIn(request)
        const known = needs.store.servers.findByName(user.id, name)
        const server = known ?? namedServers.add(user, name)
        return await start(server, wanted, { reply, needs })
      },
    )

    const editing = { ...starting, body: editRequest, needsBody: true, answers: edited } as const
    app.patch(path, { config: editing }, (request) => {
      const server = serverIn(request, needs)
      const { name, display_name, user_options } = parse(editRequest, readJson(request))
      const changed = namedServers.edit(server, {
        ...(name === undefined ? {} : { name }),
        ...(display_name === undefined ? {} : { displayName: display_name }),
        ...(user_options === undefined ? {} : { options: user_options }),
      })
      return present.server(changed, callerOf(request).scopes)
    })

    const stopping = { scope: 'delete:servers', target: 'server' } as const
    app.delete(
      path,
      { config: { ...stopping, body: stopRequest, answers: stopAnswers } },
      (request, reply) => stop(request, reply, needs),
    )
  }
}

/** @throws {HubError} NotFound */
export function serverIn(request: FastifyRequest, needs: ApiNeeds): Server {
  const user = userIn(request, needs)
  const { server: name } = namesIn(request)
  const server = needs.store.servers.findByName(user.id, name)
  if (!server) throw notFound(`${user.name} has no server named '${name.slice(0, 60)}'`)
  return server
}

/** A named server that is not started yet. @throws {HubError} Conflict: there is one. */
function create(request: FastifyRequest, needs: ServerNeeds): Server {
  const user = userIn(request, needs)
  const { server: name } = namesIn(request)
  if (name === '') throw new HubError('Conflict', 'The default server is always there.')
  const { options, displayName: shown } = readWanted(request)
  if (shown !== undefined) normaliseDisplayName(shown)
  return needs.namedServers.edit(needs.namedServers.add(user, name), {
    ...(options === undefined ? {} : { options }),
    ...(shown === undefined ? {} : { displayName: shown }),
  })
}

/** An object with neither key is itself the options, as before JupyterHub 6. */
function readWanted(request: FastifyRequest): Wanted {
  const body = readJson(request)
  if (body === undefined) return {}
  const object = parse(anyObject, body)
  if (!('user_options' in object) && !('display_name' in object)) return { options: object }
  const { user_options: options, display_name: shown } = parse(startRequest, object)
  return { ...(options && { options }), ...(shown != null && { displayName: shown }) }
}

async function start(
  server: Server,
  { options, displayName: shown }: Wanted,
  { reply, needs }: { reply: FastifyReply; needs: ServerNeeds },
): Promise<FastifyReply> {
  const { servers, store, config } = needs
  if (server.state === 'starting') return empty(reply, 202)
  if (shown !== undefined) needs.namedServers.setDisplayName(server, shown)
  try {
    const work = servers.start(server, options)
    const outcome = await within(work, config.spawner.slow_spawn_timeout)
    empty(reply, outcome === 'late' ? 202 : 201)
  } catch (thrown) {
    const after = store.servers.find(server.id)
    // JupyterHub says 400 to a second start, and its clients look for that (hubtraf, contract §1.14).
    if (thrown instanceof HubError && thrown.code === 'Conflict') throw invalidInput(thrown.message)
    if (after?.state !== 'failed') throw thrown
    const { status, message } = failureOf(thrown)
    reply.code(status).send({ status, message })
  }
  return reply
}

/** A hook that refuses chooses the status, and its sentence is the message (contract §3.7, §9.49). */
function failureOf(thrown: unknown): { status: number; message: string } {
  if (!(thrown instanceof HubError)) return { status: 500, message: 'The server did not start.' }
  const { cause } = thrown
  if (cause instanceof StartFailed && cause.cause instanceof HookRefusal) return cause.cause
  return { status: 500, message: thrown.message }
}

async function stop(
  request: FastifyRequest,
  reply: FastifyReply,
  needs: ServerNeeds,
): Promise<FastifyReply> {
  const remove = readRemoval(request, needs)
  const server = serverIn(request, needs)
  if (server.state === 'stopping' && !remove) return empty(reply, 202)
  const work = remove ? needs.servers.remove(server) : needs.servers.stop(server)
  const outcome = await within(work, needs.config.spawner.slow_stop_timeout)
  return empty(reply, outcome === 'late' ? 202 : 204)
}

/** Whether the row goes too. */
function readRemoval(request: FastifyRequest, needs: ServerNeeds): boolean {
  const { server: name } = namesIn(request)
  userIn(request, needs)
  const { remove = false } = parse(stopRequest, readJson(request) ?? {})
  if (name === '' && remove) throw invalidInput('Cannot delete the default server')
  if (name !== '') needs.namedServers.requireEnabled()
  return remove
}

/** Clients read nothing from these, so there is nothing in them, not even `{}` (contract §9.43). */
const empty = (reply: FastifyReply, status: number): FastifyReply =>
  reply.code(status).type('text/plain').send('')
