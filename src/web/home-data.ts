/** What home shows: your servers, room for more, and servers that others share with you. */
import { type FastifyRequest } from 'fastify'
import { type Principal } from '../core/access.ts'
import { fullName, serverPath } from '../model/server.ts'
import { type Share, type SharedServer } from '../model/share.ts'
import { formOf } from './form.ts'
import { cardOf, pathNameOf } from './server-card.ts'
import { type Site } from './site.ts'
import { type OwnServer, type SharedWithYou, type ViewData } from './views.ts'

export type Said = { readonly problem?: string | undefined; readonly done?: string | undefined }

/** Nobody reads a longer list; the API has all of it. */
const mostShared = 200

export function homeData(
  site: Site,
  request: FastifyRequest,
  { problem, done }: Said,
): ViewData['home'] {
  const { visitor } = request
  const { access, store } = site
  const servers = visitor ? ownServers(site, visitor) : []
  return {
    servers,
    more: moreServers(site, servers, formOf(request).get('name')),
    shared: visitor ? sharedWith(site, visitor) : [],
    changing: servers.some(({ state }) => state === 'starting' || state === 'stopping'),
    alone: access.can(visitor, 'admin-ui') && store.users.count() === 1,
    problem,
    done,
  }
}

function ownServers(site: Site, visitor: Principal): OwnServer[] {
  const { access, store, hubPath, config } = site
  const hasNamed = config.spawner.named_server_limit_per_user > 0
  return store.servers.listOf(visitor.user.id).map((server) => {
    const name = pathNameOf(server)
    const mayShare = access.can(visitor, 'shares', { server: fullName(server) })
    const isNamed = hasNamed && server.name !== ''
    return {
      ...cardOf(site, server),
      renamePath: isNamed ? `${hubPath}rename/${name}` : undefined,
      deletePath: isNamed ? `${hubPath}delete/${name}` : undefined,
      sharePath: mayShare ? `${hubPath}share/${name}` : undefined,
    }
  })
}

function moreServers(
  { config, hubPath }: Site,
  servers: readonly OwnServer[],
  name: string | null,
): ViewData['home']['more'] {
  const limit = config.spawner.named_server_limit_per_user
  if (limit === 0) return undefined
  const named = servers.filter((server) => server.name !== '').length
  return {
    action: `${hubPath}servers`,
    name: name?.slice(0, 64) ?? '',
    count: `${named} of ${limit}`,
    isFull: named >= limit,
  }
}

/** Each server once, whichever ways it is shared. */
function sharedWith(site: Site, visitor: Principal): SharedWithYou[] {
  const { store, clock } = site
  const { id } = visitor.user
  const shares = store.shares
    .listWithUser(id, { offset: 0, limit: mostShared }, clock.now())
    .filter(({ server }) => server.userId !== id)
  const byServer = Map.groupBy(shares, ({ server }) => server.id)
  return [...byServer.values()].flatMap((ways) => {
    const server = ways[0]?.server
    const isOpen =
      server && site.access.can(visitor, 'access:servers', { server: fullName(server) })
    return isOpen ? [sharedServer(site, visitor, { server, ways })] : []
  })
}

function sharedServer(
  { access, config, hubPath }: Site,
  visitor: Principal,
  { server, ways }: { server: SharedServer; ways: readonly Share[] },
): SharedWithYou {
  const mayStart = access.can(visitor, 'servers', { server: fullName(server) })
  const isDirect = ways.some((way) => way.with.kind === 'user')
  const groups = ways.flatMap((way) => (way.with.kind === 'group' ? way.with.name : []))
  return {
    name: server.name,
    owner: server.userName,
    ready: server.ready,
    url: serverPath(config.base_url, server.userName, server.name),
    startPath: mayStart ? `${hubPath}spawn/${pathNameOf(server)}` : undefined,
    groups: groups.sort().join(', '),
    leavePath: isDirect ? `${hubPath}share-left/${pathNameOf(server)}` : undefined,
  }
}
