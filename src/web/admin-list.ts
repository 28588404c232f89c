/** What the admin page shows: the people, what runs, and whose logins are being slowed down. */
import { isShutOut } from '../auth/policy.ts'
import { withQuery } from '../lib/url.ts'
import { fullName, isActive, type Server } from '../model/server.ts'
import { type User } from '../model/user.ts'
import { warmthInWords } from '../spawn/warm-words.ts'
import { formOf, queryOf } from './form.ts'
import { cardOf, pathNameOf } from './server-card.ts'
import { type Site } from './site.ts'
import { type AdminRow, type ViewData } from './views.ts'
import { laterOf, momentOf, momentOrNone, sizeInWords } from './words.ts'
import { type FastifyRequest } from 'fastify'

/** People on one page of the list. */
const pageSize = 50

/** Running servers that are listed; with more, the list of people is the place to look for one. */
const mostRunning = 50

/** Longest search; no name is longer. */
const longestSearch = 64

/** Which part of the list somebody looks at; kept in the address. */
type Look = { readonly search: string; readonly page: number }

/** What is said above the list. */
export type Said = { readonly problem?: string | undefined; readonly done?: string | undefined }

export async function adminData(
  site: Site,
  request: FastifyRequest,
  { problem, done }: Said,
): Promise<ViewData['admin']> {
  const { search, page: asked } = lookOf(request)
  const may = mayDo(site, request)
  const total = may.list ? site.store.users.countOf({ search }) : 0
  const page = Math.min(asked, Math.max(1, Math.ceil(total / pageSize)))
  const offset = (page - 1) * pageSize
  const users = may.list
    ? site.store.users.list({ search, sort: 'name', offset, limit: pageSize })
    : []
  const servers = may.servers ? activeServers(site, users) : nothingActive
  const bytes = await memoryOf(site, [...servers.running, ...servers.own])
  const at = (to: number): string => addressOf(site, { search, page: to })
  return {
    search,
    rows: rowsOf(site, request, { users, bytes }),
    range: total === 0 ? '0' : `${offset + 1}–${offset + users.length} of ${total}`,
    total,
    previousPath: page > 1 ? at(page - 1) : undefined,
    nextPath: offset + pageSize < total ? at(page + 1) : undefined,
    may,
    ...runningNow(site, servers, bytes),
    starts: startsOf(site, may),
    delays: may.manage ? delaysOf(site) : [],
    native: site.config.auth.type === 'native',
    names: formOf(request).get('names') ?? '',
    problem: problem ?? standingProblem(site, may),
    done,
    here: at(page),
  }
}

function startsOf({ warmth }: Site, { servers }: ViewData['admin']['may']): string | undefined {
  const facts = servers ? warmth() : undefined
  return facts && warmthInWords(facts)
}

/** Nobody else can do anything about it. */
const standingProblem = (
  { disks, backups, acme, installation }: Site,
  { manage }: ViewData['admin']['may'],
): string | undefined => {
  if (!manage) return undefined
  const fallback = installation.fallback()
  const older = fallback?.to === '' ? undefined : fallback?.sentence
  const all = [older, disks.problem, backups.problem, acme.problem]
  const problems = all.filter((one) => one !== undefined)
  return problems.length === 0 ? undefined : problems.join(' ')
}

/** The page itself is open to whoever holds `admin-ui`, which says nothing about people or servers. */
function mayDo({ access }: Site, { visitor }: FastifyRequest): ViewData['admin']['may'] {
  return {
    list: access.can(visitor, 'list:users') && access.can(visitor, 'read:users'),
    manage: access.can(visitor, 'admin:users'),
    servers: access.can(visitor, 'admin:servers'),
  }
}

function lookOf(request: FastifyRequest): Look {
  const query = queryOf(request)
  const search = query.get('search')?.trim().slice(0, longestSearch) ?? ''
  const page = query.get('page') ?? ''
  return { search, page: /^[1-9]\d{0,5}$/.test(page) ? Number(page) : 1 }
}

const addressOf = ({ hubPath }: Site, { search, page }: Look): string =>
  withQuery(`${hubPath}admin`, {
    search: search === '' ? undefined : search,
    page: page === 1 ? undefined : String(page),
  })

type Active = {
  /** As many as are listed. */
  readonly running: readonly Server[]
  readonly total: number
  /** Of the people who are listed. */
  readonly own: readonly Server[]
}

const nothingActive: Active = { running: [], total: 0, own: [] }

const activeServers = (site: Site, users: readonly User[]): Active => ({
  running: site.store.servers.listActive(mostRunning),
  total: site.store.servers.countActive(),
  own: users.flatMap(({ id }) => activeOf(site, id) ?? []),
})

function activeOf({ store }: Site, userId: number): Server | undefined {
  const server = store.servers.findByName(userId, '')
  return server && isActive(server) ? server : undefined
}

/** Bytes by server id; undefined where nobody knows. */
type Memory = ReadonlyMap<number, number | undefined>

async function memoryOf(site: Site, servers: readonly Server[]): Promise<Memory> {
  const each = [...new Map(servers.map((server) => [server.id, server])).values()]
  const usages = await Promise.all(
    each.map((server) => site.servers.usage(server).catch(() => undefined)),
  )
  return new Map(each.map(({ id }, index) => [id, usages[index]?.memoryBytes]))
}

const inWords = (bytes: number | undefined): string | undefined =>
  bytes === undefined ? undefined : sizeInWords(bytes)

function rowsOf(
  site: Site,
  { visitor }: FastifyRequest,
  { users, bytes }: { users: readonly User[]; bytes: Memory },
): AdminRow[] {
  const now = site.clock.now()
  return users.flatMap((user) => {
    const server = site.store.servers.findByName(user.id, '')
    if (!server) return []
    const hasPassword = site.store.users.findPasswordHash(user.id) !== undefined
    return {
      id: user.id,
      name: user.name,
      admin: user.admin,
      disabled: user.disabled,
      keptOut: isShutOut(user, site.config.users),
      self: user.id === visitor?.user.id,
      status: statusOf(site, { hasPassword, isInvited: site.store.links.hasOpen(user.id, now) }),
      hasPassword,
      lastActivity: momentOrNone(laterOf(user.lastActivityAt, site.activity.ofUser(user.id)), now),
      server: cardOf(site, server),
      memory: isActive(server) ? inWords(bytes.get(server.id)) : undefined,
      limitsPath: limitsPathOf(site, server),
    }
  })
}

const limitsPathOf = ({ hubPath, servers }: Site, server: Server): string | undefined =>
  servers.limits(server) && `${hubPath}limits/${pathNameOf(server)}`

function statusOf(
  { config }: Site,
  { hasPassword, isInvited }: { hasPassword: boolean; isInvited: boolean },
): string | undefined {
  if (config.auth.type !== 'native') return undefined
  if (hasPassword) return isInvited ? 'reset link open' : undefined
  return isInvited ? 'invited' : 'no invitation'
}

function runningNow(
  site: Site,
  { running: servers, total }: Active,
  bytes: Memory,
): Pick<ViewData['admin'], 'running' | 'runningTotal' | 'memory'> {
  const running = servers.map((server) => ({
    server: cardOf(site, server),
    label: server.name === '' ? server.userName : fullName(server),
    memory: inWords(bytes.get(server.id)),
    limitsPath: limitsPathOf(site, server),
  }))
  const known = servers.flatMap(({ id }) => bytes.get(id) ?? [])
  const sum = known.reduce((before, amount) => before + amount, 0)
  const isWhole = known.length > 0 && total <= servers.length
  return { running, runningTotal: total, memory: isWhole ? sizeInWords(sum) : undefined }
}

function delaysOf(site: Site): ViewData['admin']['delays'] {
  const now = site.clock.now()
  return site.login
    .listDelays()
    .map(({ key, failures, until }) => ({ key, failures, until: momentOf(until, now) }))
}
