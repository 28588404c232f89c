/** Roles: named sets of scopes. The four that always exist (JupyterHub: `roles.get_default_roles`). */

export type Role = {
  readonly name: string
  readonly description: string
  readonly scopes: readonly string[]
}

export const roles: Readonly<Record<'user' | 'admin' | 'server' | 'token', Role>> = {
  user: { name: 'user', description: 'What every user may do with their own', scopes: ['self'] },
  admin: {
    name: 'admin',
    description: 'Everything',
    scopes: [
      'admin-ui',
      'admin:users',
      'admin:servers',
      'admin:services',
      'tokens',
      'admin:groups',
      'list:services',
      'read:services',
      'read:hub',
      'proxy',
      'shutdown',
      'reload',
      'access:services',
      'access:servers',
      'read:roles',
      'read:metrics',
      'shares',
    ],
  },
  server: {
    name: 'server',
    description: 'What the token of a running server may do',
    scopes: ['users:activity!user', 'access:servers!server'],
  },
  token: {
    name: 'token',
    description: 'What an API token may do when nothing else was asked for',
    scopes: ['inherit'],
  },
}
