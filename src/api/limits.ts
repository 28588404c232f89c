/** `…/limits`: what a server may use, changed while it runs. JupyterHub has nothing of the kind. */
import { type FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { changedLimits } from '../core/live-limits.ts'
import { type Limits } from '../model/limits.ts'
import { type Server } from '../model/server.ts'
import { parse, readJson } from './body.ts'
import { type ApiNeeds } from './guard.ts'
import { refusal } from './schemas.ts'
import { serverIn } from './servers.ts'

const orNull = <Schema extends Parameters<typeof Type.Union>[0][number]>(schema: Schema) =>
  Type.Union([schema, Type.Null()])

/** As in the configuration: a size may have a unit; null or `none`: no limit. */
const numberOrText = Type.Union([Type.Number(), Type.String({ maxLength: 30 }), Type.Null()])
const changes = Type.Object(
  {
    memory: Type.Optional(numberOrText),
    cpu: Type.Optional(numberOrText),
    tasks: Type.Optional(numberOrText),
  },
  { additionalProperties: false, minProperties: 1 },
)

/** Bytes, cores, and processes with threads; null: no limit. */
const limitsShape = Type.Object(
  {
    memory: orNull(Type.Integer()),
    cpu: orNull(Type.Number()),
    tasks: orNull(Type.Integer()),
  },
  { additionalProperties: false },
)

/** `now`: null when nothing runs that has limits; `next_start`: null when its profile is gone. */
const shape = Type.Object(
  { now: orNull(limitsShape), next_start: orNull(limitsShape) },
  { additionalProperties: false },
)

export function limitRoutes(app: FastifyInstance, needs: ApiNeeds): void {
  const { servers } = needs
  const present = (server: Server) => ({
    now: toJson(servers.limits(server)),
    next_start: toJson(servers.nextLimits(server)),
  })

  for (const server of ['/users/:name/server', '/users/:name/servers/:server']) {
    const path = `${server}/limits`
    const reading = { scope: 'read:servers', target: 'server', answers: { 200: shape } } as const
    app.get(path, { config: reading }, (request) => present(serverIn(request, needs)))

    // Whoever may start their own server may not lift its limits.
    const changing = {
      ...({ scope: 'admin:servers', target: 'server', needsBody: true } as const),
      body: changes,
      answers: { 200: shape, 409: refusal, 424: refusal, 503: refusal },
    } as const
    app.patch(path, { config: changing }, async (request) => {
      const found = serverIn(request, needs)
      const { memory, cpu, tasks } = parse(changes, readJson(request))
      const written = { memory: asText(memory), cpu: asText(cpu), tasks: asText(tasks) }
      await servers.setLimits(found, changedLimits(servers.limits(found) ?? {}, written))
      return present(serverIn(request, needs))
    })
  }
}

const asText = (value: string | number | null | undefined): string | undefined =>
  value === undefined ? undefined : String(value ?? 'none')

const toJson = (limits: Limits | undefined) =>
  limits === undefined
    ? null
    : {
        memory: limits.memoryBytes ?? null,
        cpu: limits.cpuCores ?? null,
        tasks: limits.tasks ?? null,
      }
