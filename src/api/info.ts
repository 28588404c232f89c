/** The hub itself: its version, its health, its end. */
import { type FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { version } from '../lib/version.ts'
import { parse, readJson } from './body.ts'
import { type ApiNeeds } from './guard.ts'

const shutdown = Type.Object({
  proxy: Type.Optional(Type.Boolean()),
  servers: Type.Optional(Type.Boolean()),
})

export function infoRoutes(app: FastifyInstance, { config, ...needs }: ApiNeeds): void {
  const { jupyterhub_version } = config

  app.get('/', { config: { scope: 'anyone' } }, (_request, reply) =>
    reply
      .header('access-control-allow-origin', '*')
      .header('cross-origin-resource-policy', 'cross-origin')
      .send({ version: jupyterhub_version }),
  )
  app.get('/health', { config: { scope: 'anyone' } }, (_request, reply) => reply.send(''))
  app.options('/', { config: { scope: 'anyone' } }, (_request, reply) => reply.code(204).send())
  app.options('/*', { config: { scope: 'anyone' } }, (_request, reply) => reply.code(204).send())

  app.get('/info', { config: { scope: 'read:hub' } }, () => ({
    version: jupyterhub_version,
    // JupyterHub's clients expect a Python here; it is what runs the hub.
    python: `Node.js ${process.version}`,
    sys_executable: process.execPath,
    spawner: { class: `littlehub.spawn.${config.spawner.type}`, version },
    authenticator: { class: `littlehub.auth.${config.auth.type}`, version },
    littlehub: { version },
  }))

  app.post('/shutdown', { config: { scope: 'shutdown', body: shutdown } }, (request, reply) => {
    const { servers = false } = parse(shutdown, readJson(request) ?? {})
    reply.raw.once('close', () => needs.stopHub({ servers }))
    return reply.code(202).send({ message: 'Shutting down Hub' })
  })
}
