/** The pages of a server that is not there: not running, or failed. */
import { type FastifyReply } from 'fastify'
import { encodeSegment, withQuery } from '../lib/url.ts'
import { type Server } from '../model/server.ts'
import { isFromElsewhere } from './navigation.ts'
import { cardOf } from './server-card.ts'
import { rememberedOf } from './spawn-choice.ts'
import { type Site } from './site.ts'
import { type ViewData } from './views.ts'

/** The progress stream of the API. */
export function progressPathOf(hubPath: string, server: Pick<Server, 'userName' | 'name'>): string {
  const user = `${hubPath}api/users/${encodeSegment(server.userName)}`
  return server.name === ''
    ? `${user}/server/progress`
    : `${user}/servers/${encodeSegment(server.name)}/progress`
}

/** What to tell of which server, and where its owner wanted to be, for a start to lead there. */
export type Absent = { readonly server: Server; readonly next: string }

/** The status is the caller's: 424 where the server was asked for (contract §5.3), 200 where its state was. */
export function showNotRunning(site: Site, reply: FastifyReply, absent: Absent): FastifyReply {
  const { server, next } = absent
  if (server.failure?.logTail !== undefined) return showFailure(site, reply, absent)
  const { startPath, choosePath } = cardOf(site, server)
  return site.show(reply, 'not-running', {
    owner: server.userName,
    own: server.userId === reply.request.visitor?.user.id,
    startPath,
    next,
    choosePath: choosePath && withQuery(choosePath, { next: next || undefined }),
    reason: server.failure?.message,
    implicit: implicitStart(
      site,
      reply,
      withQuery(startPath, { next: next || undefined, ...rememberedOf(site, server) }),
    ),
  })
}

/** Not where another site led: a start that nobody here asked for is confirmed first (S-14). */
function implicitStart(
  { config }: Site,
  { request }: FastifyReply,
  path: string,
): ViewData['not-running']['implicit'] {
  const seconds = config.implicit_spawn_seconds
  return seconds === 0 || isFromElsewhere(request.headers) ? undefined : { seconds, path }
}

/** Exit code, last lines and a hint, for its owner and for administrators, who are the only ones that get here. */
export function showFailure(
  site: Site,
  reply: FastifyReply,
  { server, next }: Absent,
): FastifyReply {
  const { startPath, choosePath } = cardOf(site, server)
  const { message = 'It did not start.', hint, exitCode, logTail = [] } = server.failure ?? {}
  if (reply.statusCode === 200) reply.code(500)
  return site.show(reply, 'server-failed', {
    owner: server.userName,
    own: server.userId === reply.request.visitor?.user.id,
    message,
    hint,
    exitCode,
    logTail,
    choosePath: choosePath && withQuery(choosePath, { next: next || undefined }),
    startPath,
    next,
  })
}
