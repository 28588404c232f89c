/** `/groups`: list, make, fill, describe, remove (contract §3.1, §7.4). */
import { type FastifyInstance, type FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { mapInTurns } from '../lib/turns.ts'
import { type Group } from '../model/group.ts'
import { type Reach } from '../model/scope.ts'
import { type StoreReader } from '../store/store.ts'
import { parse, readJson } from './body.ts'
import { callerOf, namesIn, type ApiNeeds } from './guard.ts'
import { pageQuery, paginate, readPage, type Page } from './page.ts'
import { createGroupPresenter } from './present-groups.ts'
import { anyObject, group as groupShape, groupStart, listOf, refusal } from './schemas.ts'
import { within } from './within.ts'

const name = Type.String({ maxLength: 600 })
const users = Type.Array(name, { maxItems: 1000 })
const groupNames = Type.Array(name, { minItems: 1, maxItems: 1000 })

const newGroups = Type.Object({
  // JupyterHub takes an object as well: its keys are the names.
  groups: Type.Union([groupNames, Type.Record(Type.String(), Type.Unknown())]),
  users: Type.Optional(users),
})
const newGroup = Type.Object(
  { users: Type.Optional(users), name: Type.Optional(name), roles: Type.Optional(Type.Unknown()) },
  { additionalProperties: false },
)
const members = Type.Object({ users })

export function groupRoutes(app: FastifyInstance, needs: ApiNeeds): void {
  const { groups, store, config } = needs
  const present = createGroupPresenter(needs)
  const shown = (request: FastifyRequest, group: Group) =>
    present.group(group, callerOf(request).scopes)

  const listing = { scope: 'list:groups', target: 'listed', query: pageQuery } as const
  const listed = { answers: { 200: listOf(Type.Array(groupShape)) } }
  app.get('/groups', { config: { ...listing, ...listed } }, async (request) => {
    const page = readPage(request, config.api)
    const reach = callerOf(request).scopes.reach('list:groups')
    const { items, total } = groupsWithin(reach, page, store)
    const groups = await mapInTurns(items, (group) => shown(request, group))
    return paginate(request, page, { items: groups, total })
  })

  const { body_limit: bodyLimit } = needs.config
  const adding = { scope: 'admin:groups', body: newGroups, needsBody: true } as const
  const added = { answers: { 201: Type.Array(groupShape), 409: refusal } }
  app.post('/groups', { bodyLimit, config: { ...adding, ...added } }, (request, reply) => {
    const wanted = parse(newGroups, readJson(request))
    const names = Array.isArray(wanted.groups) ? wanted.groups : Object.keys(wanted.groups)
    const made = groups.createMany(names, wanted.users)
    return reply.code(201).send(made.map((group) => shown(request, group)))
  })

  const read = ['read:groups', 'read:groups:name', 'read:roles:groups'] as const
  const reading = { scope: read, target: 'group', answers: { 200: groupShape } } as const
  app.get('/groups/:group', { config: reading }, (request) =>
    shown(request, groupIn(request, needs)),
  )

  const making = { scope: 'admin:groups', target: 'group', body: newGroup } as const
  app.post(
    '/groups/:group',
    { bodyLimit, config: { ...making, answers: { 201: groupShape, 409: refusal } } },
    (request, reply) => {
      const wanted = parse(newGroup, readJson(request) ?? {})
      const made = groups.createMany([namesIn(request).group], wanted.users)
      return reply.code(201).send(made.map((group) => shown(request, group))[0])
    },
  )

  const removing = { scope: 'delete:groups', target: 'group', answers: { 204: 'nothing' } } as const
  app.delete('/groups/:group', { config: removing }, (request, reply) => {
    groups.remove(groupIn(request, needs))
    return reply.code(204).send()
  })

  memberRoutes(app, needs)
  serversRoutes(app, needs)
}

function memberRoutes(app: FastifyInstance, needs: ApiNeeds): void {
  const { groups } = needs
  const present = createGroupPresenter(needs)
  const config = {
    scope: 'groups',
    target: 'group',
    needsBody: true,
    answers: { 200: groupShape },
  } as const
  const changing = { bodyLimit: needs.config.body_limit, config: { ...config, body: members } }

  app.post('/groups/:group/users', changing, (request) => {
    const group = groupIn(request, needs)
    groups.addUsers(group, parse(members, readJson(request)).users)
    return present.group(group, callerOf(request).scopes)
  })

  app.delete('/groups/:group/users', changing, (request) => {
    const group = groupIn(request, needs)
    groups.removeUsers(group, parse(members, readJson(request)).users)
    return present.group(group, callerOf(request).scopes)
  })

  app.put(
    '/groups/:group/properties',
    { ...changing, config: { ...config, body: anyObject } },
    (request) => {
      const group = groups.setProperties(groupIn(request, needs), readJson(request))
      return present.group(group, callerOf(request).scopes)
    },
  )
}

/** Ours: before and after a lesson, the servers of everybody in it. */
function serversRoutes(app: FastifyInstance, needs: ApiNeeds): void {
  const { groupServers, config } = needs
  const path = '/groups/:group/servers'
  const starting = {
    scope: 'start:servers',
    target: 'group',
    answers: { 202: groupStart },
  } as const
  app.post(path, { config: starting }, async (request, reply) =>
    reply.code(202).send(await groupServers.start(groupIn(request, needs))),
  )

  const answers = { 202: 'nothing', 204: 'nothing' } as const
  const stopping = { scope: 'delete:servers', target: 'group', answers } as const
  app.delete(path, { config: stopping }, async (request, reply) => {
    const work = groupServers.stop(groupIn(request, needs))
    const outcome = await within(work, config.spawner.slow_stop_timeout)
    return reply.code(outcome === 'late' ? 202 : 204).send()
  })
}

/** @throws {HubError} NotFound */
export const groupIn = (request: FastifyRequest, { store }: Pick<ApiNeeds, 'store'>): Group =>
  store.groups.getByName(namesIn(request).group)

/** Those that the caller may list, counted as such too: JupyterHub counts all, and its last pages are empty. */
function groupsWithin(
  reach: Reach | undefined,
  page: Page,
  { groups }: StoreReader,
): { readonly items: readonly Group[]; readonly total: number } {
  if (reach === 'everything') return { items: groups.list(page), total: groups.count() }
  const held = [...(reach?.group ?? [])].flatMap((name) => groups.findByName(name) ?? [])
  const sorted = held.sort((one, other) => one.id - other.id)
  return { items: sorted.slice(page.offset, page.offset + page.limit), total: sorted.length }
}
