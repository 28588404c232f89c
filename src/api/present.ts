/** Model → JSON, field by field, by what the caller may see (contract §3.5). The only place with snake_case JSON. */
import { type Access } from '../core/access.ts'
import { type Activity } from '../core/activity.ts'
import { type AuthStates } from '../core/auth-states.ts'
import { type RightsReader } from '../core/rights.ts'
import { type ScopeSet, type ScopeTarget } from '../model/scope.ts'
import {
  escapeName,
  fullName,
  isActive,
  pendingOf,
  serverPath,
  type Server,
} from '../model/server.ts'
import { type Token } from '../model/token.ts'
import { type User } from '../model/user.ts'
import { type StoreReader } from '../store/store.ts'

export type Json = Record<string, unknown>

export type UserOptions = {
  readonly stoppedServers?: boolean
  /** Of one user that was asked for; lists do without (JupyterHub: `UserAPIHandler.get`). */
  readonly authState?: boolean
}

export interface Presenter {
  /** In the same order, without those of whom the caller may see nothing; the store is asked about all of them together. */
  users(users: readonly User[], viewer: ScopeSet, options?: UserOptions): Json[]
  /** Undefined when the caller may see nothing of them. */
  user(user: User, viewer: ScopeSet, options?: UserOptions): Json | undefined
  server(server: Server, viewer: ScopeSet): Json
  token(token: Token): Json
}

type View = UserOptions & { readonly viewer: ScopeSet }

/** What the store has of a user in other tables. */
type Known = {
  readonly servers: readonly Server[]
  readonly groups: readonly string[]
  readonly roles: readonly string[]
}

export type PresenterNeeds = {
  readonly store: StoreReader
  readonly activity: Activity
  readonly access: Access
  readonly rights: RightsReader
  readonly authStates: Pick<AuthStates, 'find'>
  readonly config: { readonly base_url: string; readonly public_url: string }
}

/** What each scope shows of a user (JupyterHub: `user_model`). */
const userKeys: Readonly<Record<string, readonly string[]>> = {
  'read:users': [
    'kind',
    'name',
    'user_info',
    'admin',
    'roles',
    'groups',
    'server',
    'pending',
    'created',
    'last_activity',
  ],
  'read:users:name': ['kind', 'name', 'user_info', 'admin'],
  'read:users:groups': ['kind', 'name', 'groups'],
  'read:users:activity': ['kind', 'name', 'last_activity'],
  'read:roles:users': ['kind', 'name', 'roles', 'admin'],
  'admin:auth_state': ['kind', 'name', 'auth_state'],
}

/** What a viewer may see of something, by the table of what each scope shows. */
export function visibleKeys(
  table: Readonly<Record<string, readonly string[]>>,
  viewer: ScopeSet,
  target: ScopeTarget,
): Set<string> {
  const held = Object.entries(table).filter(([scope]) => viewer.has(scope, target))
  return new Set(held.flatMap(([, keys]) => keys))
}

/** Only the fields of these names; each is worked out only then. */
export function pick(
  keys: ReadonlySet<string>,
  fields: Readonly<Record<string, () => unknown>>,
): Json {
  const visible = Object.entries(fields).filter(([key]) => keys.has(key))
  return Object.fromEntries(visible.map(([key, read]) => [key, read()]))
}

export function createPresenter(needs: PresenterNeeds): Presenter {
  const { store, activity, rights } = needs
  const { base_url: baseUrl, public_url: publicUrl } = needs.config

  const pathOf = (server: Server): string => serverPath(baseUrl, server.userName, server.name)
  const absolute = (path: string): string | null => (publicUrl === '' ? null : publicUrl + path)

  const users: Presenter['users'] = (shown, viewer, options = {}) => {
    const ids = shown.map(({ id }) => id)
    const servers = Map.groupBy(store.servers.listOfUsers(ids), ({ userId }) => userId)
    const groups = Map.groupBy(store.groups.listNamesOfUsers(ids), ({ userId }) => userId)
    const roles = rights.listRolesOfUsers(shown)
    return shown.flatMap((one) => {
      const known: Known = {
        servers: servers.get(one.id) ?? [],
        groups: (groups.get(one.id) ?? []).map(({ name }) => name),
        roles: roles.get(one.id) ?? [],
      }
      const visible = show(one, known, { viewer, ...options })
      return visible === undefined ? [] : [visible]
    })
  }

  /** @returns undefined when the viewer may see nothing of them. */
  const show = (shown: User, known: Known, view: View): Json | undefined => {
    const keys = visibleKeys(userKeys, view.viewer, { user: shown.name })
    const servers = visibleServers(shown, known, view)
    if (servers !== undefined) keys.add('kind').add('name')
    if (keys.size === 0) return undefined
    return {
      ...pick(keys, fieldsOf(shown, known, view)),
      ...(servers === undefined ? {} : { servers }),
    }
  }

  const fieldsOf = (
    shown: User,
    { servers, groups, roles }: Known,
    { authState = false }: View,
  ): Record<string, () => unknown> => {
    const main = servers.find(({ name }) => name === '')
    return {
      kind: () => 'user',
      name: () => shown.name,
      user_info: () => null,
      admin: () => shown.admin,
      roles: () => roles,
      groups: () => groups,
      created: () => timestamp(shown.createdAt),
      last_activity: () => timestamp(shown.lastActivityAt),
      auth_state: () => (authState ? (needs.authStates.find(shown.id) ?? null) : null),
      server: () => (main?.state === 'ready' ? pathOf(main) : null),
      pending: () => (main ? pendingOf(main.state) : null),
    }
  }

  /** Absent when no server of theirs may be seen. */
  const visibleServers = (shown: User, known: Known, view: View): Json | undefined => {
    const { viewer, stoppedServers = false } = view
    if (!viewer.holdsAny('read:servers')) return undefined
    const visible = known.servers
      .filter((one) => stoppedServers || isActive(one))
      .filter((one) => viewer.has('read:servers', { server: fullName(one) }))
    if (visible.length === 0 && !viewer.has('read:servers', { user: shown.name })) return undefined
    return Object.fromEntries(visible.map((one) => [one.name, server(one, viewer)]))
  }

  const server: Presenter['server'] = (shown, viewer) => {
    const path = pathOf(shown)
    const progress = `${baseUrl}hub/api/users/${escapeName(shown.userName)}/${ownPath(shown)}/progress`
    return {
      name: shown.name,
      display_name: shown.displayName ?? shown.name,
      full_name: fullName(shown),
      last_activity: timestamp(activity.ofServer(shown)),
      started: timestamp(shown.startedAt),
      pending: pendingOf(shown.state),
      ready: shown.state === 'ready',
      stopped: !isActive(shown),
      url: path,
      user_options: shown.options,
      progress_url: progress,
      full_url: absolute(path),
      full_progress_url: absolute(progress),
      ...(viewer.has('admin:server_state', { server: fullName(shown) })
        ? { state: shown.spawnState ?? {} }
        : {}),
    }
  }

  return {
    users,
    user: (shown, viewer, options) => users([shown], viewer, options)[0],
    server,
    token: (shown) => ({
      user: shown.userName,
      id: `a${shown.id}`,
      kind: 'api_token',
      roles: [],
      scopes: needs.access.scopesOf(shown)?.list() ?? [],
      created: timestamp(shown.createdAt),
      last_activity: timestamp(shown.lastActivityAt),
      expires_at: timestamp(shown.expiresAt),
      note: shown.note,
      session_id: shown.sessionPublicId ?? null,
      oauth_client: clientName(shown, store),
    }),
  }
}

const ownPath = ({ name }: Server): string =>
  name === '' ? 'server' : `servers/${escapeName(name)}`

function clientName({ clientId }: Token, store: StoreReader): string {
  if (clientId === undefined) return 'JupyterHub'
  return store.oauthProvider.findClient(clientId)?.description ?? clientId
}

/** UTC with microseconds, without the fraction when there is none (contract §0.2; Python: `isoformat`). */
export function timestamp(at: Date | undefined): string | null {
  if (at === undefined) return null
  const text = at.toISOString()
  return text.endsWith('.000Z') ? text.replace('.000Z', 'Z') : text.replace('Z', '000Z')
}
