/** What the API answers with: every shape once, as its own description prints it (contract §0.4, §0.8, §3.5, §3.6, §3.10). */
import { Type, type TSchema } from 'typebox'

/** A body that is JSON, and what else there can be. */
export type Answer = TSchema | 'nothing' | 'events' | 'metrics'
export type Answers = Readonly<Record<number, Answer>>

const orNull = <Schema extends TSchema>(schema: Schema) => Type.Union([schema, Type.Null()])
const text = Type.String()
const flag = Type.Boolean()
const count = Type.Integer({ minimum: 0 })
const names = Type.Array(text)
const scopes = Type.Array(text)
/** UTC with microseconds, or without a fraction. */
const time = Type.String({ format: 'date-time' })
export const anyObject = Type.Record(text, Type.Unknown())
const closed = { additionalProperties: false } as const

export const refusal = Type.Object({ status: Type.Integer(), message: text }, closed)
/** @see RFC 6749 §5.2 */
export const oauthRefusal = Type.Object({ error: text, error_description: text }, closed)
export const message = Type.Object({ message: text }, closed)

export const version = Type.Object({ version: text }, closed)
const part = Type.Object({ class: text, version: text }, closed)
/** How starts went since the hub began; seconds are from the start of a program to its first answer, on average. */
const warmStart = Type.Object(
  {
    warm: Type.Number(),
    cold: Type.Number(),
    warm_seconds: orNull(Type.Number()),
    cold_seconds: orNull(Type.Number()),
    last_reason: orNull(text),
    kernel_reason: orNull(text),
  },
  closed,
)

export const info = Type.Object(
  {
    version: text,
    python: text,
    sys_executable: text,
    spawner: part,
    authenticator: part,
    littlehub: Type.Object({ version: text, warm_start: Type.Optional(warmStart) }, closed),
  },
  closed,
)

/** Keys of settings, by whether they hold at once. */
export const reloaded = Type.Object(
  { applied: names, needs_restart: names, file: orNull(text) },
  closed,
)

export const server = Type.Object(
  {
    name: text,
    display_name: text,
    full_name: text,
    last_activity: orNull(time),
    started: orNull(time),
    pending: orNull(Type.Enum(['spawn', 'stop'])),
    ready: flag,
    stopped: flag,
    url: text,
    user_options: anyObject,
    progress_url: text,
    full_url: orNull(text),
    full_progress_url: orNull(text),
    state: Type.Optional(anyObject),
  },
  closed,
)

/** All but the kind depend on the caller's scopes. */
const userFields = {
  kind: Type.Literal('user'),
  name: text,
  user_info: Type.Optional(orNull(anyObject)),
  admin: Type.Optional(flag),
  roles: Type.Optional(names),
  groups: Type.Optional(names),
  server: Type.Optional(orNull(text)),
  pending: Type.Optional(orNull(Type.Enum(['spawn', 'stop']))),
  created: Type.Optional(time),
  last_activity: Type.Optional(orNull(time)),
  servers: Type.Optional(Type.Record(text, server)),
  auth_state: Type.Optional(orNull(anyObject)),
}
export const user = Type.Object(userFields, closed)

export const service = Type.Object(
  {
    kind: Type.Literal('service'),
    name: text,
    admin: Type.Optional(flag),
    url: Type.Optional(text),
    prefix: Type.Optional(text),
    command: Type.Optional(names),
    pid: Type.Optional(count),
    info: Type.Optional(anyObject),
    display: Type.Optional(flag),
    roles: Type.Optional(names),
  },
  closed,
)
export const services = Type.Record(text, service)

const credential = { token_id: orNull(text), session_id: orNull(text), scopes }
export const identity = Type.Union([
  Type.Object({ ...userFields, ...credential }, closed),
  Type.Object(
    { kind: Type.Literal('service'), name: text, admin: flag, roles: names, ...credential },
    closed,
  ),
])

const tokenFields = {
  user: Type.Optional(text),
  service: Type.Optional(text),
  id: Type.String({ pattern: '^a\\d+$' }),
  kind: Type.Literal('api_token'),
  roles: names,
  scopes,
  created: time,
  last_activity: orNull(time),
  expires_at: orNull(time),
  note: text,
  session_id: orNull(text),
  oauth_client: text,
}
export const token = Type.Object(tokenFields, closed)
export const tokens = Type.Object({ api_tokens: Type.Array(token) }, closed)
/** Its secret is shown this once. */
export const newToken = Type.Object({ ...tokenFields, token: text }, closed)
export const accessToken = Type.Object(
  {
    access_token: text,
    token_type: Type.Literal('Bearer'),
    expires_in: Type.Integer(),
    scope: text,
  },
  closed,
)

export const group = Type.Object(
  {
    kind: Type.Literal('group'),
    name: text,
    properties: Type.Optional(anyObject),
    users: Type.Optional(names),
    roles: Type.Optional(names),
  },
  closed,
)

/** What became of asking for the servers of everybody in a group. */
export const groupStart = Type.Object(
  {
    starting: Type.Integer({ minimum: 0 }),
    active: Type.Integer({ minimum: 0 }),
    refused: Type.Array(Type.Object({ name: text, message: text }, closed)),
  },
  closed,
)

const named = Type.Object({ name: text }, closed)
const sharedServer = Type.Object(
  { user: named, name: text, url: text, full_url: orNull(text), ready: flag },
  closed,
)
export const share = Type.Object(
  {
    server: sharedServer,
    scopes,
    user: orNull(named),
    group: orNull(named),
    kind: Type.Enum(['user', 'group']),
    created_at: time,
  },
  closed,
)
/** What is left when a part is revoked, or nothing. */
export const shareLeft = Type.Union([share, Type.Object({}, closed)])

const codeFields = {
  server: sharedServer,
  scopes,
  id: Type.String({ pattern: '^sc_\\d+$' }),
  created_at: time,
  expires_at: time,
  exchange_count: count,
  last_exchanged_at: orNull(time),
}
export const shareCode = Type.Object(codeFields, closed)
/** Its secret is shown this once. */
export const newShareCode = Type.Object(
  { ...codeFields, code: text, accept_url: text, full_accept_url: orNull(text) },
  closed,
)

const route = Type.Object({ routespec: text, target: text, data: anyObject }, closed)
export const routes = Type.Record(text, route)

const nextPage = Type.Object({ offset: count, limit: count, url: text }, closed)
const pagination = Type.Object(
  { offset: count, limit: count, total: count, next: orNull(nextPage) },
  closed,
)
export const pageOf = <Schema extends TSchema>(items: Schema) =>
  Type.Object({ items, _pagination: pagination }, closed)
/** Bare, or as a page for who accepts `application/jupyterhub-pagination+json`. */
export const listOf = <Schema extends TSchema>(items: Schema) => Type.Union([items, pageOf(items)])

/** A frame of a progress stream; the data is JSON. */
export const progressFrame = Type.Object({
  data: Type.String({
    contentMediaType: 'application/json',
    contentSchema: Type.Object(
      {
        progress: Type.Number({ minimum: 0, maximum: 100 }),
        message: text,
        html_message: Type.Optional(text),
        ready: Type.Optional(Type.Literal(true)),
        failed: Type.Optional(Type.Literal(true)),
        url: Type.Optional(text),
      },
      closed,
    ),
  }),
})

/** The names under which the description has them. */
export const models: Readonly<Record<string, TSchema>> = {
  Error: refusal,
  OAuthError: oauthRefusal,
  Info: info,
  Reloaded: reloaded,
  User: user,
  Server: server,
  Identity: identity,
  Token: token,
  NewToken: newToken,
  Group: group,
  Service: service,
  SharedServer: sharedServer,
  Share: share,
  ShareCode: shareCode,
  NewShareCode: newShareCode,
  Route: route,
  Pagination: pagination,
}
