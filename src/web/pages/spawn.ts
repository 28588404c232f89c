/** Starting a server, choosing what to start it with, and watching it start (contract §5.6, §5.7). */
import { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { placeWords } from '../../core/start-queue.ts'
import { HubError, invalidInput, notFound } from '../../lib/errors.ts'
import { MINUTE } from '../../lib/time.ts'
import { withQuery } from '../../lib/url.ts'
import { isActive, type Server } from '../../model/server.ts'
import { type ChoiceProblem, type SpawnChoices } from '../../model/profile.ts'
import { formOf, queryOf } from '../form.ts'
import { isFromElsewhere } from '../navigation.ts'
import { isSoonDone } from '../patience.ts'
import { cardOf, getServer } from '../server-card.ts'
import { progressPathOf, showFailure, showNotRunning } from '../server-pages.ts'
import { type Site } from '../site.ts'
import {
  isChoice,
  isOfForm,
  optionsInForm,
  optionsInQuery,
  problemOf,
  profileCards,
  rememberedOf,
} from '../spawn-choice.ts'
import { mayManage, serverIn, type ServerParams } from '../server-route.ts'

/** Whoever has just logged in meant to come here, though the way may have led through the login provider's site. */
const justLoggedInMs = MINUTE

export function spawnPages(app: FastifyInstance, site: Site): void {
  const spawnPath = `${site.hubPath}spawn`
  const own = { config: { access: 'user' }, exposeHeadRoute: false } as const
  const managed = { config: { access: mayManage }, exposeHeadRoute: false } as const

  app.get(spawnPath, own, (request, reply) => visit(site, reply, ownServer(site, request)))
  app.post(spawnPath, own, (request, reply) => send(site, reply, ownServer(site, request)))

  for (const name of [':user', ':user/:server']) {
    app.get<ServerParams>(`${spawnPath}/${name}`, managed, (request, reply) =>
      visit(site, reply, serverOrNew(site, request)),
    )
    app.post<ServerParams>(`${spawnPath}/${name}`, managed, (request, reply) =>
      send(site, reply, serverOrNew(site, request)),
    )
    app.get<ServerParams>(`${spawnPath}-pending/${name}`, managed, (request, reply) =>
      watch(site, reply, serverIn(site.store, request)),
    )
  }
}

function ownServer(site: Site, { visitor }: FastifyRequest): Server {
  if (!visitor) throw notFound('There is no such user or server.')
  return getServer(site.store, visitor.user.name, '')
}

/** What has a name and is not there yet is added, as JupyterHub does. @throws {HubError} NotFound, InvalidInput */
function serverOrNew(site: Site, request: FastifyRequest<ServerParams>): Server {
  const { user: userName, server: name = '' } = request.params
  const user = site.store.users.findByName(userName)
  const isNew = user && site.store.servers.findByName(user.id, name) === undefined
  // A page of another site adds nothing: it is asked about a server that exists, or about none.
  if (!isNew || isFromElsewhere(request.headers)) return serverIn(site.store, request)
  return site.namedServers.add(user, name)
}

/** Starts it at once, as JupyterHub does, unless there is something to choose or a page of another site led here (S-14). */
async function visit(site: Site, reply: FastifyReply, server: Server): Promise<FastifyReply> {
  const { request } = reply
  if (isActive(server)) return reply.redirect(placeWhile(site, reply, server))
  const asked = optionsInQuery(site, queryOf(request))
  const problem = problemOf(site, server, asked)
  const isMeant = !isFromElsewhere(request.headers) || hasJustLoggedIn(site, request)
  const isDecided = asked !== undefined && isMeant
  if (problem !== undefined || (isChoice(site, server) && !isDecided))
    return ask(site, reply, { server, asked, problem })
  if (isMeant) return start(site, reply, { server, asked: asked ?? settled(site, server) })
  return confirm(site, reply, server)
}

/** Nothing is chosen here; what the address asks for goes along with the button. */
function confirm(site: Site, reply: FastifyReply, server: Server): FastifyReply {
  const { request } = reply
  const { startPath } = cardOf(site, server)
  const query = queryOf(request).toString()
  return site.show(reply, 'spawn', {
    owner: server.userName,
    own: server.userId === request.visitor?.user.id,
    startPath: query === '' ? startPath : `${startPath}?${query}`,
    next: site.nextOf(request) ?? '',
  })
}

/** The form that was sent, or a button that starts it with what was chosen the last time. */
async function send(site: Site, reply: FastifyReply, server: Server): Promise<FastifyReply> {
  const { request } = reply
  const asked =
    optionsInForm(site, server, formOf(request)) ?? optionsInQuery(site, queryOf(request))
  const problem = problemOf(site, server, asked)
  if (isActive(server)) return start(site, reply, { server, asked: undefined })
  if (problem !== undefined) return ask(site, reply, { server, asked, problem })
  const isOpen = asked === undefined && rememberedOf(site, server) === undefined
  if (!isOpen || !isChoice(site, server))
    return start(site, reply, { server, asked: asked ?? settled(site, server) })
  const { startPath } = cardOf(site, server)
  return reply.redirect(withQuery(startPath, { next: site.nextOf(request) }), 303)
}

/** Nothing to choose and nothing chosen: what an earlier configuration offered is forgotten. */
const settled = (site: Site, server: Server): SpawnChoices | undefined =>
  site.config.profiles.length > 0 && rememberedOf(site, server) === undefined ? {} : undefined

type Asking = {
  readonly server: Server
  readonly asked: SpawnChoices | undefined
  readonly problem: ChoiceProblem | undefined
}

function ask(site: Site, reply: FastifyReply, asking: Asking): FastifyReply {
  const { server, problem } = asking
  const { request } = reply
  const profiles = site.spawnOptions.profilesFor({ name: server.userName })
  if (problem !== undefined) reply.code(400)
  if (profiles.length === 0) throw invalidInput(problem?.message ?? 'There is nothing to choose.')
  return site.show(reply, 'spawn-form', {
    owner: server.userName,
    own: server.userId === request.visitor?.user.id,
    name: server.displayName ?? server.name,
    startPath: cardOf(site, server).startPath,
    next: site.nextOf(request) ?? '',
    fromElsewhere: isFromElsewhere(request.headers),
    problem: problem && isOfForm(problem, profiles) ? problem.message : undefined,
    profiles: profileCards(site, server, asking),
  })
}

function hasJustLoggedIn(site: Site, { visitor }: FastifyRequest): boolean {
  if (visitor?.credential.kind !== 'session') return false
  const sinceMs = site.clock.now().getTime() - visitor.credential.session.createdAt.getTime()
  return sinceMs < justLoggedInMs
}

async function start(
  site: Site,
  reply: FastifyReply,
  { server, asked }: Pick<Asking, 'server' | 'asked'>,
): Promise<FastifyReply> {
  try {
    await isSoonDone(site.servers.start(server, asked), site.log)
  } catch (thrown) {
    const row = site.store.servers.find(server.id)
    // A start that failed, or that somebody else began or ended meanwhile, is told by the page it leads to.
    if (!(thrown instanceof HubError) || !row || (row.state === 'stopped' && !row.failure))
      throw thrown
    if (thrown.code === 'TooMany' || thrown.code === 'InvalidInput') throw thrown
  }
  const row = site.store.servers.find(server.id)
  return reply.redirect(placeWhile(site, reply, row ?? server), 302)
}

/** Where to be while it is in this state: in the server when it is ready, else where its progress is shown. */
function placeWhile(site: Site, reply: FastifyReply, server: Server): string {
  const next = site.nextOf(reply.request)
  const { url, pendingPath } = cardOf(site, server)
  return server.state === 'ready' ? (next ?? url) : withQuery(pendingPath, { next })
}

function watch(site: Site, reply: FastifyReply, server: Server): FastifyReply {
  const { visitor } = reply.request
  const card = cardOf(site, server)
  const owner = server.userName
  const own = server.userId === visitor?.user.id
  switch (server.state) {
    case 'ready':
      return reply.redirect(placeWhile(site, reply, server))
    case 'stopping':
      return site.show(reply, 'stop-pending', { owner, own })
    case 'failed':
      return showFailure(site, reply, { server, next: site.nextOf(reply.request) ?? '' })
    case 'stopped':
      return showNotRunning(site, reply, { server, next: site.nextOf(reply.request) ?? '' })
    case 'starting':
      return site.show(reply, 'spawn-pending', {
        owner,
        own,
        progressPath: progressPathOf(site.hubPath, server),
        stopPath: card.stopPath,
        readyPath: site.nextOf(reply.request) ?? card.url,
        place: placeOf(site, server),
      })
  }
}

function placeOf({ startQueue }: Site, { id }: Server): string | undefined {
  const place = startQueue.placeOf(id)
  return place && placeWords(place)
}
