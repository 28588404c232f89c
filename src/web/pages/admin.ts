/** The admin page: people, what runs now, and adding people. */
import { type FastifyInstance, type FastifyReply } from 'fastify'
import { asError, HubError, notFound } from '../../lib/errors.ts'
import { type User } from '../../model/user.ts'
import { adminData, type Said } from '../admin-list.ts'
import { createErrorHandler } from '../errors.ts'
import { queryOf } from '../form.ts'
import { type Site } from '../site.ts'

/** What may be said after a redirect; the address carries the key only. */
const sentences: ReadonlyMap<string | null, string> = new Map([
  ['deleted', 'The account is deleted. Its files are still on the disk of this machine.'],
  [
    'disabled',
    'The account is disabled: its logins and tokens have ended, its server is being stopped.',
  ],
  ['enabled', 'The account is enabled again.'],
  ['admin', 'There is one more administrator now.'],
  ['user', 'There is one administrator fewer now.'],
  ['limits', 'The server has its new limits.'],
])

export function adminPages(app: FastifyInstance, site: Site): void {
  app.get(`${site.hubPath}admin`, { config: { access: { scope: 'admin-ui' } } }, (request, reply) =>
    showAdmin(site, reply, { done: sentences.get(queryOf(request).get('done')) }),
  )

  app.get<{ Params: { id: string } }>(
    `${site.hubPath}admin/users/:id/delete`,
    { config: { access: { scope: 'admin:users' } } },
    (request, reply) => {
      const user = getUser(site, request.params.id)
      return site.show(reply, 'confirm', {
        title: `Delete ${user.name}?`,
        sentence: `The account ${user.name} is deleted with its logins and tokens, and its server is stopped. The files of ${user.name} stay on the disk of this machine.`,
        action: `${site.hubPath}admin/users/${user.id}/delete`,
        label: `Delete ${user.name}`,
        cancelPath: `${site.hubPath}admin`,
      })
    },
  )
}

/** @throws {HubError} NotFound. An id is never given twice, so a stale page cannot mean somebody else. */
export function getUser(site: Site, id: string): User {
  const user = /^\d{1,15}$/.test(id) ? site.store.users.find(Number(id)) : undefined
  if (!user) throw notFound('This account does not exist any more.')
  return user
}

async function showAdmin(site: Site, reply: FastifyReply, said: Said): Promise<FastifyReply> {
  return site.show(reply, 'admin', await adminData(site, reply.request, said))
}

/** An action that was refused: the list again, with the reason. */
export async function showAdminAgain(
  site: Site,
  reply: FastifyReply,
  thrown: unknown,
): Promise<FastifyReply> {
  const error = asError(thrown)
  const { visitor } = reply.request
  const isExpected = error instanceof HubError && error.status < 500 && error.code !== 'NotFound'
  if (!isExpected || !site.access.can(visitor, 'admin-ui'))
    return createErrorHandler(site)(error, reply.request, reply)
  return showAdmin(site, reply.code(error.status), { problem: error.message })
}
