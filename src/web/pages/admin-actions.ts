/** What administrators do to accounts and servers of others: every button of the admin page. */
import { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { invalidInput, notFound } from '../../lib/errors.ts'
import { withQuery } from '../../lib/url.ts'
import { type User } from '../../model/user.ts'
import { type Server } from '../../model/server.ts'
import { type Added } from '../../core/users.ts'
import { formOf, namesIn } from '../form.ts'
import { isSoonDone } from '../patience.ts'
import { type Site } from '../site.ts'
import { type ViewData } from '../views.ts'
import { durationInWords } from '../words.ts'
import { getUser, showAdminAgain } from './admin.ts'

/** @returns where to go, or what to show. */
type Action = (user: User, reply: FastifyReply) => FastifyReply | Promise<FastifyReply>

export function adminActions(app: FastifyInstance, site: Site): void {
  const usersPath = `${site.hubPath}admin/users`
  const errorHandler = (error: unknown, _request: FastifyRequest, reply: FastifyReply): unknown =>
    showAdminAgain(site, reply, error)

  app.post(usersPath, {
    bodyLimit: site.config.body_limit,
    config: { access: { scope: 'admin:users' } },
    errorHandler,
    handler: (request, reply) => addUsers(site, request, reply),
  })

  const onUser = (name: string, scope: string, action: Action): void => {
    app.post<{ Params: { id: string } }>(`${usersPath}/:id/${name}`, {
      config: { access: { scope } },
      errorHandler,
      handler: async (request, reply) => action(getUser(site, request.params.id), reply),
    })
  }
  const back = (reply: FastifyReply, done?: string): FastifyReply => {
    const here = site.nextOf(reply.request) ?? `${site.hubPath}admin`
    return reply.redirect(withQuery(here, { done }), 303)
  }

  onUser('invite', 'admin:users', (user, reply) =>
    showLink(site, reply, {
      title: `Invitation for ${user.name}`,
      name: user.name,
      path: site.links.invite(user),
      validMs: site.config.links.invite_valid,
    }),
  )
  onUser('reset', 'admin:users', (user, reply) =>
    showLink(site, reply, {
      title: `New password for ${user.name}`,
      name: user.name,
      path: site.links.reset(user),
      validMs: site.config.links.reset_valid,
    }),
  )
  onUser('make-admin', 'admin:users', (user, reply) => {
    site.users.setAdmin(user, true)
    return back(reply, 'admin')
  })
  onUser('remove-admin', 'admin:users', (user, reply) => {
    site.users.setAdmin(user, false)
    return back(reply, 'user')
  })
  onUser('enable', 'admin:users', async (user, reply) => {
    await site.users.setDisabled(user, false)
    return back(reply, 'enabled')
  })
  onUser('disable', 'admin:users', async (user, reply) => {
    await isSoonDone(site.users.setDisabled(user, true), site.log)
    return back(reply, 'disabled')
  })
  onUser('delete', 'admin:users', async (user, reply) => {
    await site.users.remove(user)
    return reply.redirect(`${site.hubPath}admin?done=deleted`, 303)
  })
  onUser('start', 'admin:servers', async (user, reply) => {
    await startServer(site, defaultServer(site, user))
    return back(reply)
  })
  onUser('stop', 'admin:servers', async (user, reply) => {
    await isSoonDone(site.servers.stop(defaultServer(site, user)), site.log)
    return back(reply)
  })
}

function defaultServer({ store }: Site, user: User): Server {
  const server = store.servers.findByName(user.id, '')
  if (!server) throw notFound('This account has no server.')
  return server
}

/** A failed start is told on the list itself, beside the name. */
async function startServer({ servers, store, log }: Site, server: Server): Promise<void> {
  try {
    await isSoonDone(servers.start(server), log)
  } catch (thrown) {
    if (store.servers.find(server.id)?.state !== 'failed') throw thrown
  }
}

function addUsers(site: Site, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const form = formOf(request)
  const names = namesIn(form.get('names'))
  if (names.length === 0) throw invalidInput('Write at least one name, one on each line.')
  const added = site.users.addMany(names, { admin: form.get('admin') === 'yes' })
  const results = added.map((each) => resultOf(each, site.ownOrigin(request)))
  const count = added.filter((each) => 'user' in each).length
  return showResults(site, reply, {
    title: count === 1 ? '1 account added' : `${count} accounts added`,
    results,
    validMs: site.config.links.invite_valid,
  })
}

type Result = ViewData['admin-links']['results'][number]

function resultOf(added: Added, origin: string): Result {
  if ('problem' in added) return { name: added.name, link: undefined, problem: added.problem }
  const { user, invitePath } = added
  return {
    name: user.name,
    link: invitePath === undefined ? undefined : origin + invitePath,
    problem: undefined,
  }
}

function showLink(
  site: Site,
  reply: FastifyReply,
  { title, name, path, validMs }: { title: string; name: string; path: string; validMs: number },
): FastifyReply {
  const link = site.ownOrigin(reply.request) + path
  return showResults(site, reply, { title, results: [{ name, link, problem: undefined }], validMs })
}

/** Links are shown once: only hashes of them are kept. */
function showResults(
  site: Site,
  reply: FastifyReply,
  { title, results, validMs }: { title: string; results: Result[]; validMs: number },
): FastifyReply {
  const links = results.filter(({ link }) => link !== undefined)
  return site.show(reply, 'admin-links', {
    title,
    results,
    links: links.length,
    validFor: durationInWords(validMs),
    all: links.map(({ name, link = '' }) => `${name}\t${link}`).join('\n'),
  })
}
