/** Stopping a server, or cancelling its start. */
import { type FastifyInstance } from 'fastify'
import { isSoonDone } from '../patience.ts'
import { mayManage, serverIn, type ServerParams } from '../server-route.ts'
import { type Site } from '../site.ts'

export function stopPages(app: FastifyInstance, site: Site): void {
  for (const name of [':user', ':user/:server'])
    app.post<ServerParams>(
      `${site.hubPath}stop/${name}`,
      { config: { access: mayManage } },
      async (request, reply) => {
        await isSoonDone(site.servers.stop(serverIn(site.store, request)), site.log)
        return reply.redirect(site.nextOf(request) ?? `${site.hubPath}home`, 303)
      },
    )
}
