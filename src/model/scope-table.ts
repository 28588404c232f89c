/** The scope table: every scope, what it means, and which ones it includes (contract §4.1; JupyterHub: `scope_definitions`). */
import { type CustomScopes } from './custom-scope.ts'

type Row = { readonly meaning: string; readonly includes: readonly string[] }

const row = (meaning: string, ...includes: readonly string[]): Row => ({ meaning, includes })

const rows = {
  self: row('Everything a person may do with what is their own; resolved by whose scope it is'),
  inherit: row('Everything that the owner of the token may do'),
  'admin-ui': row('Open the administration page'),
  'admin:users': row(
    'Add, change and remove users, with their sign-in state',
    'admin:auth_state',
    'users',
    'read:roles:users',
    'delete:users',
  ),
  'admin:auth_state': row('Read what the sign-in service says about users'),
  users: row('Read and change users', 'read:users', 'list:users', 'users:activity'),
  'delete:users': row('Remove users'),
  'list:users': row('List users', 'read:users:name'),
  'read:users': row(
    'Read users: name, groups, last activity',
    'read:users:name',
    'read:users:groups',
    'read:users:activity',
  ),
  'read:users:name': row('Read names of users'),
  'read:users:groups': row('Read which groups users are in'),
  'read:users:activity': row('Read when users were last active'),
  'users:activity': row('Report activity of users', 'read:users:activity'),
  'read:roles': row('Read roles', 'read:roles:users', 'read:roles:services', 'read:roles:groups'),
  'read:roles:users': row('Read roles of users'),
  'read:roles:services': row('Read roles of services'),
  'read:roles:groups': row('Read roles of groups'),
  'admin:servers': row(
    'Start, stop and read servers, with their internal state, and change their limits',
    'admin:server_state',
    'servers',
  ),
  'admin:server_state': row('Read the internal state of servers'),
  servers: row('Start, stop and read servers', 'read:servers', 'start:servers', 'delete:servers'),
  'read:servers': row('Read servers', 'read:users:name'),
  'start:servers': row('Start, add and edit servers'),
  'delete:servers': row('Stop and remove servers'),
  tokens: row('Read, issue and revoke API tokens', 'read:tokens'),
  'read:tokens': row('Read API tokens, without their secrets'),
  'admin:groups': row(
    'Add, change and remove groups',
    'groups',
    'read:roles:groups',
    'delete:groups',
  ),
  groups: row('Read groups and change their members', 'read:groups', 'list:groups'),
  'list:groups': row('List groups', 'read:groups:name'),
  'read:groups': row('Read groups', 'read:groups:name'),
  'read:groups:name': row('Read names of groups'),
  'delete:groups': row('Remove groups'),
  'admin:services': row(
    'Add, read and remove services',
    'list:services',
    'read:services',
    'read:roles:services',
  ),
  'list:services': row('List services', 'read:services:name'),
  'read:services': row('Read services', 'read:services:name'),
  'read:services:name': row('Read names of services'),
  'read:hub': row('Read facts about the hub'),
  'access:servers': row('Open servers, with all that is in them'),
  'access:services': row('Open services'),
  'users:shares': row('Read and leave what is shared with users', 'read:users:shares'),
  'read:users:shares': row('Read what is shared with users'),
  'groups:shares': row('Read and leave what is shared with groups', 'read:groups:shares'),
  'read:groups:shares': row('Read what is shared with groups'),
  'read:shares': row('Read who servers are shared with'),
  shares: row(
    'Share servers, and end sharing',
    'access:servers',
    'read:shares',
    'users:shares',
    'groups:shares',
  ),
  proxy: row('Read and change routes of the proxy'),
  shutdown: row('Stop the hub'),
  reload: row('Have the hub read its configuration again'),
  'read:metrics': row('Read metrics'),
} satisfies Readonly<Record<string, Row>>

/** A scope of the table; a misspelt one does not compile. */
export type ScopeName = keyof typeof rows

export const scopeTable: Readonly<Record<ScopeName, Row>> = rows

export const isScopeName = (name: string): name is ScopeName => Object.hasOwn(rows, name)

/** Those of the configuration. They are words of the whole process, as the table's own are. */
let customRows: ReadonlyMap<string, Row> = new Map()

/** Replaces the scopes of the configuration; all of them have been checked. */
export function defineCustomScopes(scopes: CustomScopes): void {
  customRows = new Map(
    Object.entries(scopes).map(([name, { description, subscopes }]) => [
      name,
      row(description, ...subscopes),
    ]),
  )
  included.clear()
}

/** A scope of the table or of the configuration. */
export const findScope = (name: string): Row | undefined =>
  isScopeName(name) ? rows[name] : customRows.get(name)

/** What was asked for before: the same sets for everybody, until the configuration has other scopes. */
const included = new Map<string, ReadonlySet<string>>()

function includedFor(key: string, make: () => ReadonlySet<string>): ReadonlySet<string> {
  const known = included.get(key) ?? make()
  included.set(key, known)
  return known
}

/** A scope with everything it includes, however deep; always the same set. */
export const withSubScopes = (name: string): ReadonlySet<string> =>
  includedFor(name, () => {
    const found = new Set<string>([name])
    for (const one of found) for (const next of findScope(one)?.includes ?? []) found.add(next)
    return found
  })

/** The same for servers: what a scope includes of their users would be about all of a user (JupyterHub: `_expand_scope`). */
export const withSubScopesOfServers = (name: string): ReadonlySet<string> =>
  includedFor(`${name}!server`, () => {
    const names = [...withSubScopes(name)]
    return new Set(names.filter((one) => !one.startsWith('read:user')))
  })

/** What `self` stands for: each with `!user=` the holder (contract §4.4; JupyterHub: `_expand_self_scope`). */
export const selfScopes: readonly ScopeName[] = [
  'read:users',
  'users:shares',
  'read:shares',
  'users:activity',
  'servers',
  'tokens',
  'access:servers',
]

export const withSubScopesOfSelf = (): ReadonlySet<string> =>
  includedFor('self!user', () => new Set(selfScopes.flatMap((name) => [...withSubScopes(name)])))
