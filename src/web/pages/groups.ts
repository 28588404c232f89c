/** Groups in the administration: who is in them, and their properties (contract §7.4). */
import { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { asError, HubError, invalidInput, notFound } from '../../lib/errors.ts'
import { type GroupStart } from '../../core/group-servers.ts'
import { withQuery } from '../../lib/url.ts'
import { type Group } from '../../model/group.ts'
import { type ListPart } from '../../store/rows.ts'
import { isStaleForm } from '../csrf.ts'
import { createErrorHandler } from '../errors.ts'
import { formOf, namesIn, queryOf } from '../form.ts'
import { type PageAccess } from '../guard.ts'
import { isSoonDone } from '../patience.ts'
import { type Site } from '../site.ts'
import { type Paged } from '../view-parts.ts'
import { type ViewData } from '../views.ts'

type GroupParams = { Params: { id: string } }

type Said = { readonly problem?: string; readonly done?: string | undefined }

const sentences: ReadonlyMap<string | null, string> = new Map([
  ['deleted', 'The group is deleted. The people who were in it keep their accounts.'],
  ['added', 'They are in the group.'],
  ['removed', 'They are out of the group, and have lost the rights that it gave.'],
  ['starting', 'Servers start in the background, one after the other.'],
  ['stopping', 'The servers of everybody in this group stop.'],
  ['properties', 'The properties are saved.'],
])

const pageSize = 50

export function groupPages(app: FastifyInstance, site: Site): void {
  const groupsPath = `${site.hubPath}admin/groups`
  const config = { access: { scope: 'list:groups' } } as const

  app.get(groupsPath, { config }, (request, reply) =>
    showGroups(site, reply, { done: sentences.get(queryOf(request).get('done')) }),
  )
  app.post(groupsPath, {
    config: { access: { scope: 'admin:groups' } },
    errorHandler: (error, _request, reply) => void showGroupsAgain(site, reply, error),
    handler: (request, reply) => {
      const name = formOf(request).get('name')?.trim() ?? ''
      if (name === '') throw invalidInput('Write a name for the new group.')
      const [group] = site.groups.createMany([name])
      return reply.redirect(group ? pathOf(site, group) : groupsPath, 303)
    },
  })
  onePages(app, site)
}

function onePages(app: FastifyInstance, site: Site): void {
  const pattern = `${site.hubPath}admin/groups/:id`
  const may = (scope: string): PageAccess => ({
    scope,
    target: ({ params }) => ({ group: find(site, params)?.name ?? '' }),
  })

  app.get<GroupParams>(pattern, { config: { access: may('read:groups') } }, (request, reply) =>
    showGroup(site, reply, { done: sentences.get(queryOf(request).get('done')) }),
  )

  const onGroup = (
    verb: string,
    done: string,
    change: (group: Group, form: URLSearchParams) => void,
  ): void => {
    app.post<GroupParams>(`${pattern}/${verb}`, {
      bodyLimit: site.config.body_limit,
      config: { access: may('groups') },
      errorHandler: (error, _request, reply) => void showGroupAgain(site, reply, { error, verb }),
      handler: (request, reply) => {
        const group = get(site, request)
        change(group, formOf(request))
        return reply.redirect(withQuery(pathOf(site, group), { done }), 303)
      },
    })
  }
  onGroup('members', 'added', (group, form) => {
    const names = namesIn(form.get('names'))
    if (names.length === 0) throw invalidInput('Write at least one name, one on each line.')
    site.groups.addUsers(group, names)
  })
  onGroup('remove', 'removed', (group, form) => site.groups.removeUsers(group, form.getAll('name')))
  onGroup('properties', 'properties', (group, form) => {
    site.groups.setProperties(group, readProperties(form.get('properties')))
  })

  serversOf(app, site, { pattern, may })

  const deletion = { config: { access: may('delete:groups') } }
  app.get<GroupParams>(`${pattern}/delete`, deletion, (request, reply) => {
    const group = get(site, request)
    return site.show(reply, 'confirm', {
      title: `Delete the group ${group.name}?`,
      sentence:
        'What its members may do by it, and servers that are shared with it, are theirs no more. Their accounts stay.',
      action: `${pathOf(site, group)}/delete`,
      label: `Delete ${group.name}`,
      cancelPath: pathOf(site, group),
    })
  })
  app.post<GroupParams>(`${pattern}/delete`, deletion, (request, reply) => {
    site.groups.remove(get(site, request))
    return reply.redirect(`${site.hubPath}admin/groups?done=deleted`, 303)
  })
}

/** Before a lesson everybody's server is started, after it they are stopped. */
function serversOf(
  app: FastifyInstance,
  site: Site,
  { pattern, may }: { readonly pattern: string; readonly may: (scope: string) => PageAccess },
): void {
  const starting = { config: { access: may('start:servers') } }
  app.post<GroupParams>(`${pattern}/start`, starting, async (request, reply) => {
    const group = get(site, request)
    const { refused } = await site.groupServers.start(group)
    if (refused.length === 0)
      return reply.redirect(withQuery(pathOf(site, group), { done: 'starting' }), 303)
    return showGroup(site, reply, { problem: { field: 'form', message: refusalOf(refused) } })
  })

  const stopping = { config: { access: may('delete:servers') } }
  app.get<GroupParams>(`${pattern}/stop`, stopping, (request, reply) => {
    const group = get(site, request)
    return site.show(reply, 'confirm', {
      title: `Stop the servers of everybody in ${group.name}?`,
      sentence: 'What runs in them ends, and what is not saved is lost. Saved files are safe.',
      action: `${pathOf(site, group)}/stop`,
      label: 'Stop them',
      cancelPath: pathOf(site, group),
    })
  })
  app.post<GroupParams>(`${pattern}/stop`, stopping, async (request, reply) => {
    const group = get(site, request)
    await isSoonDone(site.groupServers.stop(group), site.log)
    return reply.redirect(withQuery(pathOf(site, group), { done: 'stopping' }), 303)
  })
}

/** How many reasons are read before they are only counted. */
const shownRefusals = 5

function refusalOf(refused: GroupStart['refused']): string {
  const shown = refused.slice(0, shownRefusals).map(({ name, message }) => `${name}: ${message}`)
  const more = refused.length - shown.length
  const rest = more === 0 ? '' : ` And ${more} more.`
  return `Not all of them start. ${shown.join(' ')}${rest}`
}

/** An id and no name: any word behind a name could be another group's. */
const pathOf = ({ hubPath }: Site, { id }: Group): string => `${hubPath}admin/groups/${id}`

function find({ store }: Site, params: unknown): Group | undefined {
  const { id } = params as GroupParams['Params']
  return /^\d{1,15}$/.test(id) ? store.groups.find(Number(id)) : undefined
}

/** @throws {HubError} NotFound */
function get(site: Site, { params }: FastifyRequest): Group {
  const group = find(site, params)
  if (!group) throw notFound('This group does not exist any more.')
  return group
}

/** @throws {HubError} InvalidInput, with the place where it stops being JSON. */
function readProperties(text: string | null): unknown {
  const trimmed = text?.trim() ?? ''
  if (trimmed === '') return {}
  try {
    return JSON.parse(trimmed) as unknown
  } catch (thrown) {
    throw invalidInput(`This is not JSON: ${asError(thrown).message}.`)
  }
}

function showGroups(site: Site, reply: FastifyReply, { problem, done }: Said): FastifyReply {
  const { store, hubPath, access } = site
  const { request } = reply
  const total = store.groups.count()
  const { part, around } = pageOf(request, `${hubPath}admin/groups`, total)
  const groups = store.groups.list(part)
  return site.show(reply, 'admin-groups', {
    groups: groups.map((group) => ({
      name: group.name,
      path: pathOf(site, group),
      members: store.groups.countMembers(group.id),
      properties: Object.keys(group.properties).length,
    })),
    ...around,
    mayAdd: access.can(request.visitor, 'admin:groups'),
    name: formOf(request).get('name')?.slice(0, 256) ?? '',
    problem,
    done,
  })
}

/** Which part of a list of `total` a request asks for, and what is around it. */
function pageOf(
  request: FastifyRequest,
  path: string,
  total: number,
): { readonly part: ListPart; readonly around: Paged } {
  const asked = Number(/^[1-9]\d{0,5}$/.exec(queryOf(request).get('page') ?? '')?.[0] ?? 1)
  const page = Math.min(asked, Math.max(1, Math.ceil(total / pageSize)))
  const offset = (page - 1) * pageSize
  const end = Math.min(offset + pageSize, total)
  const at = (to: number): string => withQuery(path, { page: to === 1 ? undefined : String(to) })
  return {
    part: { offset, limit: pageSize },
    around: {
      total,
      range: total === 0 ? '0' : `${offset + 1}–${end} of ${total}`,
      previousPath: page > 1 ? at(page - 1) : undefined,
      nextPath: end < total ? at(page + 1) : undefined,
    },
  }
}

type GroupProblem = NonNullable<ViewData['admin-group']['problem']>

function showGroup(
  site: Site,
  reply: FastifyReply,
  { problem, done }: { readonly problem?: GroupProblem; readonly done?: string | undefined },
): FastifyReply {
  const { request } = reply
  const { store, access, rights } = site
  const group = get(site, request)
  const target = { group: group.name }
  const form = formOf(request)
  const { part, around } = pageOf(request, pathOf(site, group), store.groups.countMembers(group.id))
  return site.show(reply, 'admin-group', {
    name: group.name,
    path: pathOf(site, group),
    members: store.groups.listMembers(group.id, part),
    ...around,
    roles: rights.listRolesOfGroup(group),
    mayChange: access.can(request.visitor, 'groups', target),
    mayDelete: access.can(request.visitor, 'delete:groups', target),
    mayStart: access.can(request.visitor, 'start:servers', target),
    mayStop: access.can(request.visitor, 'delete:servers', target),
    servers: store.servers.countOfGroup(group.id),
    names: problem ? (form.get('names') ?? '') : '',
    properties: form.get('properties') ?? JSON.stringify(group.properties, undefined, 2),
    problem,
    done,
  })
}

function isCorrectable(error: Error): error is HubError {
  return error instanceof HubError && (error.code === 'InvalidInput' || error.code === 'Conflict')
}

function showGroupsAgain(site: Site, reply: FastifyReply, thrown: unknown): FastifyReply {
  const error = asError(thrown)
  if (!isCorrectable(error) || !site.access.can(reply.request.visitor, 'list:groups'))
    return createErrorHandler(site)(error, reply.request, reply)
  return showGroups(site, reply.code(error.status), { problem: error.message })
}

/** What was typed stays, with the reason beside it. */
function showGroupAgain(
  site: Site,
  reply: FastifyReply,
  failed: { readonly error: unknown; readonly verb: string },
): FastifyReply {
  const error = asError(failed.error)
  const { request } = reply
  const target = { group: find(site, request.params)?.name ?? '' }
  const isStale = isStaleForm(error)
  if (!(isCorrectable(error) || isStale) || !site.access.can(request.visitor, 'groups', target))
    return createErrorHandler(site)(error, request, reply)
  const message = isStale ? 'This form has expired. Try again.' : error.message
  const field = isStale || failed.verb === 'remove' ? 'form' : fieldOf(failed.verb)
  reply.code(isCorrectable(error) ? error.status : 403)
  return showGroup(site, reply, { problem: { field, message } })
}

const fieldOf = (verb: string): GroupProblem['field'] =>
  verb === 'properties' ? 'properties' : 'names'
