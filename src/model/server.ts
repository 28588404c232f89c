/** A server of a user: its states, and which event leads from one to the next. */
import { conflict, invalidInput } from '../lib/errors.ts'

export type ServerState = 'stopped' | 'starting' | 'ready' | 'stopping' | 'failed'

export type ServerEvent = 'start' | 'started' | 'stop' | 'stopped' | 'fail'

/** What a spawner needs to find its server again after a restart of the hub. Opaque to everybody else. */
export type SpawnState = Readonly<Record<string, string | number | boolean>>

/** Why a server is not running although somebody may expect it. */
export type ServerFailure = {
  /** One sentence for the owner. */
  readonly message: string
  readonly hint?: string
  readonly exitCode?: number
  /** The last lines of the server's log, redacted. */
  readonly logTail?: readonly string[]
}

export type Server = {
  readonly id: number
  readonly userId: number
  readonly userName: string
  /** `''` is the default server. */
  readonly name: string
  /** What people read instead of its name; undefined: the name. */
  readonly displayName: string | undefined
  readonly state: ServerState
  /** Where it answers, while starting, ready or stopping: `http://127.0.0.1:PORT` or `unix:/path/of/socket`. */
  readonly url: string | undefined
  readonly spawnState: SpawnState | undefined
  readonly options: Readonly<Record<string, unknown>>
  readonly failure: ServerFailure | undefined
  readonly startedAt: Date | undefined
  readonly lastActivityAt: Date | undefined
}

const transitions: Readonly<Record<ServerState, Partial<Record<ServerEvent, ServerState>>>> = {
  stopped: { start: 'starting' },
  failed: { start: 'starting', stop: 'stopping' },
  starting: { started: 'ready', fail: 'failed', stop: 'stopping', stopped: 'stopped' },
  ready: { stop: 'stopping', fail: 'failed', stopped: 'stopped' },
  stopping: { stopped: 'stopped', fail: 'failed' },
}

/** The state after `event`. @throws {HubError} Conflict when the event cannot happen in this state. */
export function transition(state: ServerState, event: ServerEvent): ServerState {
  const next = transitions[state][event]
  if (next === undefined) throw conflict(`A server that is ${state} cannot ${event}.`)
  return next
}

/** Starting, ready or stopping: there may be a process. */
export const isActive = (server: { readonly state: ServerState }): boolean =>
  server.state === 'starting' || server.state === 'ready' || server.state === 'stopping'

/** JupyterHub's `pending` of a server model. */
export function pendingOf(state: ServerState): 'spawn' | 'stop' | null {
  if (state === 'starting') return 'spawn'
  return state === 'stopping' ? 'stop' : null
}

/** RFC 3986 unreserved characters and `@` stay, everything else is percent-encoded (JupyterHub: `url_escape_path`). */
export function escapeName(name: string): string {
  return encodeURIComponent(name)
    .replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%40', '@')
}

/** URL path of a server, escaped: `/user/ana@x/` or `/user/ana@x/lab2/`. `baseUrl` begins and ends with a slash. */
export function serverPath(baseUrl: string, userName: string, serverName: string): string {
  const named = serverName === '' ? '' : `${escapeName(serverName)}/`
  return `${baseUrl}user/${escapeName(userName)}/${named}`
}

/** The same path with its names as they are: what the route table holds. */
export function routePrefix(baseUrl: string, userName: string, serverName: string): string {
  return `${baseUrl}user/${userName}/${serverName === '' ? '' : `${serverName}/`}`
}

/** A server's name as scopes and logs write it: `ana/` or `ana/lab2` (JupyterHub: `full_name`). */
export const fullName = (server: { readonly userName: string; readonly name: string }): string =>
  `${server.userName}/${server.name}`

/**
 * JupyterHub's OAuth client id of a server: every byte but the unreserved ones is percent-encoded. In the user's name a
 * hyphen is too, so that the server `b` of the user `a` is never taken for the default server of the user `a-b`.
 */
export function serverClientId(userName: string, serverName: string): string {
  const quote = (text: string): string => escapeName(text).replaceAll('@', '%40')
  const named = serverName === '' ? '' : `-${quote(serverName)}`
  return `jupyterhub-user-${quote(userName).replaceAll('-', '%2D')}${named}`
}

/** How JupyterHub's messages name a server: `ana` or `ana:lab2`. */
export const label = (server: { readonly userName: string; readonly name: string }): string =>
  server.name === '' ? server.userName : `${server.userName}:${server.name}`

/** @throws {HubError} InvalidInput. JupyterHub 6: 1–30 of `[a-z0-9-]`, a letter first, alphanumeric last, no `--`. */
export function checkServerName(name: string): void {
  if (name === '') return
  if (/^[a-z](?:[a-z0-9]|-(?!-)){0,29}$/.test(name) && !name.endsWith('-')) return
  throw invalidInput(`Invalid server_name: '${JSON.stringify(name).slice(1, -1).slice(0, 60)}'`)
}

/** Control, format, surrogate, private and unassigned characters, and every space but the plain one. */
const unprintable = /[\p{C}\p{Zl}\p{Zp}]|[^\S ]/u

/** @returns it in NFC. @throws {HubError} InvalidInput unless it is 1–255 printable characters with single spaces inside. */
export function normaliseDisplayName(raw: string): string {
  const name = raw.normalize('NFC')
  const isGood = name !== '' && name === name.trim() && !name.includes('  ')
  if (isGood && Array.from(name).length <= 255 && !unprintable.test(name)) return name
  throw invalidInput('Invalid display_name: 1–255 printable characters, single spaces inside.')
}
