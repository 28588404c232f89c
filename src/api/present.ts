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
  /** Undefined when the caller may see nothing of them. */
  user(user: User, viewer: ScopeSet, options?: UserOptions): Json | undefined
  server(server: Server, viewer: ScopeSet): Json
  token(token: Token): Json
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

  const user: Presenter['user'] = (shown, viewer, options = {}) => {
    const keys = visibleKeys(userKeys, viewer, { user: shown.name })
    const servers = serversOf(shown, viewer, options)
    if (servers !== undefined) keys.add('kind').add('name')
    if (keys.size === 0) return undefined
    return {
      ...pick(keys, fieldsOf(shown, options)),
      ...(servers === undefined ? {} : { servers }),
    }
  }

  const fieldsOf = (
    shown: User,
    { authState = false }: UserOptions,
  ): Record<string, () => unknown> => {
    const main = store.servers.findByName(shown.id, '')
    return {
      kind: () => 'user',
      name: () => shown.name,
      user_info: () => null,
      admin: () => shown.admin,
      roles: () => rights.listRolesOfUser(shown),
      groups: () => store.groups.listNamesOfUser(shown.name),
      created: () => timestamp(shown.createdAt),
      last_activity: () => timestamp(shown.lastActivityAt),
      auth_state: () => (authState ? (needs.authStates.find(shown.id) ?? null) : null),
      server: () => (main?.state === 'ready' ? pathOf(main) : null),
      pending: () => (main ? pendingOf(main.state) : null),
    }
  }

  /** Absent when no server of theirs may be seen. */
  const serversOf = (shown: User, viewer: ScopeSet, options: UserOptions): Json | undefined => {
    if (!viewer.holdsAny('read:servers')) return undefined
    const visible = store.servers
      .listOf(shown.id)
      .filter((one) => viewer.has('read:servers', { server: fullName(one) }))
      .filter((one) => options.stoppedServers === true || isActive(one))
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
      last_activity: timestamp(activity.ofServer(shown.id)),
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
    user,
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
