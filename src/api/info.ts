/** The hub itself: its version, its health, its end. */
import { type FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { SECOND } from '../lib/time.ts'
import { version } from '../lib/version.ts'
import { parse, readJson } from './body.ts'
import { type ApiNeeds } from './guard.ts'
import { info, message, version as versionShape } from './schemas.ts'

const shutdown = Type.Object({
  proxy: Type.Optional(Type.Boolean()),
  servers: Type.Optional(Type.Boolean()),
})

/** Where starts can be warm. */
function presentWarmth(facts: ReturnType<ApiNeeds['warmth']>) {
  if (facts === undefined) return {}
  const { warm, cold, warmMs, coldMs, lastReason = null, kernelReason = null } = facts
  const inSeconds = (ms: number | undefined) => (ms === undefined ? null : ms / SECOND)
  return {
    warm_start: {
      ...{ warm, cold, last_reason: lastReason, kernel_reason: kernelReason },
      ...{ warm_seconds: inSeconds(warmMs), cold_seconds: inSeconds(coldMs) },
    },
  }
}

export function infoRoutes(app: FastifyInstance, { config, ...needs }: ApiNeeds): void {
  const { jupyterhub_version } = config

  app.get('/', { config: { scope: 'anyone', answers: { 200: versionShape } } }, (_request, reply) =>
    reply
      .header('access-control-allow-origin', '*')
      .header('cross-origin-resource-policy', 'cross-origin')
      .send({ version: jupyterhub_version }),
  )
  app.get(
    '/health',
    { config: { scope: 'anyone', answers: { 200: 'nothing' } } },
    (_request, reply) => reply.send(''),
  )
  const options = { config: { scope: 'anyone', answers: { 204: 'nothing' } } } as const
  app.options('/', options, (_request, reply) => reply.code(204).send())
  app.options('/*', options, (_request, reply) => reply.code(204).send())

  app.get('/info', { config: { scope: 'read:hub', answers: { 200: info } } }, () => ({
    version: jupyterhub_version,
    // JupyterHub's clients expect a Python here; it is what runs the hub.
    python: `Node.js ${process.version}`,
    sys_executable: process.execPath,
    spawner: { class: `littlehub.spawn.${config.spawner.type}`, version },
    authenticator: { class: `littlehub.auth.${config.auth.type}`, version },
    littlehub: { version, ...presentWarmth(needs.warmth()) },
  }))

  const ending = { scope: 'shutdown', body: shutdown, answers: { 202: message } } as const
  app.post('/shutdown', { config: ending }, (request, reply) => {
    const { servers = false } = parse(shutdown, readJson(request) ?? {})
    reply.raw.once('close', () => needs.stopHub({ servers }))
    return reply.code(202).send({ message: 'Shutting down Hub' })
  })
}
