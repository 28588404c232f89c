/** More servers of your own: add one by name, call it something else, delete it (contract §3.7, §5.12). */
import { type FastifyInstance, type FastifyReply } from 'fastify'
import { forbidden, HubError, invalidInput } from '../../lib/errors.ts'
import { type Server } from '../../model/server.ts'
import { formOf } from '../form.ts'
import { type PageAccess } from '../guard.ts'
import { isSoonDone } from '../patience.ts'
import { cardOf, pathNameOf } from '../server-card.ts'
import { mayManage, serverIn, type ServerParams } from '../server-route.ts'
import { type Site } from '../site.ts'
import { isChoice } from '../spawn-choice.ts'
import { showHomeAgain } from './home.ts'

/** All of one's own, whatever their names. */
const mayAdd: PageAccess = {
  scope: 'servers',
  target: ({ visitor }) => ({ user: visitor?.user.name ?? '' }),
}

export function namedServerPages(app: FastifyInstance, site: Site): void {
  const { hubPath, namedServers, servers } = site

  app.post(`${hubPath}servers`, {
    config: { access: mayAdd },
    errorHandler: (error, _request, reply) => void showHomeAgain(site, reply, error),
    handler: async (request, reply) => {
      if (!request.visitor) throw forbidden('You are not logged in any more.')
      const name = formOf(request).get('name')?.trim() ?? ''
      if (name === '') throw invalidInput('Write a name for the new server.')
      const server = namedServers.add(request.visitor.user, name)
      // Where there is something to choose, the page of the start asks.
      if (isChoice(site, server)) return reply.redirect(cardOf(site, server).startPath, 303)
      await begin(site, server)
      return reply.redirect(`${hubPath}spawn-pending/${pathNameOf(server)}`, 303)
    },
  })

  renamePages(app, site)

  const pattern = `${hubPath}delete/:user/:server`
  const config = { access: mayManage }
  app.get<ServerParams>(pattern, { config }, (request, reply) =>
    confirm(site, reply, named(site, serverIn(site.store, request))),
  )
  app.post<ServerParams>(pattern, { config }, async (request, reply) => {
    await isSoonDone(servers.remove(named(site, serverIn(site.store, request))), site.log)
    return reply.redirect(site.nextOf(request) ?? `${hubPath}home?done=deleted`, 303)
  })
}

/** What people call it; its address stays. */
function renamePages(app: FastifyInstance, site: Site): void {
  const pattern = `${site.hubPath}rename/:user/:server`
  const config = { access: mayManage }
  app.get<ServerParams>(pattern, { config }, (request, reply) => {
    const server = named(site, serverIn(site.store, request))
    return showRename(site, reply, { server, displayName: server.displayName ?? server.name })
  })
  app.post<ServerParams>(pattern, { config }, (request, reply) => {
    const server = named(site, serverIn(site.store, request))
    const displayName = formOf(request).get('display_name')?.trim() ?? ''
    try {
      site.namedServers.setDisplayName(server, displayName === '' ? server.name : displayName)
    } catch (thrown) {
      if (!(thrown instanceof HubError) || thrown.code !== 'InvalidInput') throw thrown
      const problem = 'At most 255 printable characters, with single spaces between them.'
      return showRename(site, reply.code(400), { server, displayName, problem })
    }
    return reply.redirect(site.nextOf(request) ?? `${site.hubPath}home?done=renamed`, 303)
  })
}

function showRename(
  site: Site,
  reply: FastifyReply,
  asked: { readonly server: Server; readonly displayName: string; readonly problem?: string },
): FastifyReply {
  const { server, displayName, problem } = asked
  const action = `${site.hubPath}rename/${pathNameOf(server)}`
  return site.show(reply, 'rename-server', { name: server.name, action, displayName, problem })
}

/** A start that fails is told by the page it leads to. */
async function begin({ servers, store, log }: Site, server: Server): Promise<void> {
  try {
    await isSoonDone(servers.start(server), log)
  } catch (thrown) {
    const isTold = store.servers.find(server.id)?.failure !== undefined
    if (!(thrown instanceof HubError) || !isTold) throw thrown
  }
}

/** @throws {HubError} InvalidInput */
function named({ namedServers }: Site, server: Server): Server {
  namedServers.requireEnabled()
  return server
}

function confirm(site: Site, reply: FastifyReply, server: Server): FastifyReply {
  return site.show(reply, 'confirm', {
    title: `Delete the server ${server.name}?`,
    sentence:
      'It is stopped, and its name, its settings and what is shared of it are gone. Files in the home folder stay.',
    action: `${site.hubPath}delete/${pathNameOf(server)}`,
    label: `Delete ${server.name}`,
    cancelPath: `${site.hubPath}home`,
  })
}
