/** What a configuration declares besides settings: users, groups, roles, custom scopes and services. */
import { Type, type Static } from 'typebox'
import { duration, flag, list, section, table, text } from './setting.ts'

/** Left out is not the same as empty. */
const optionalList = (description: string) =>
  Type.Optional(Type.Array(Type.String(), { description }))

export const users = section(
  {
    allowed: list(
      'When not empty, nobody else may log in but these and administrators, whatever the way of logging in.',
    ),
    blocked: list(
      'They may not log in. On a running hub their logins and tokens are refused and their servers stopped at once; their files stay.',
    ),
    admin: list('The same as `admin_users`; both count.'),
  },
  'Who may use the hub.',
)

const group = section(
  {
    users: list('Members; whoever else is in the group stays.'),
    properties: Type.Optional(
      Type.Record(Type.String(), Type.Unknown(), {
        description: 'Replaces the properties of the group.',
      }),
    ),
  },
  'One group. Users who do not exist are made.',
)

export const groups = Type.Record(Type.String(), group, {
  default: {},
  description: 'Groups by name, made at start where they are missing.',
})

const role = section(
  {
    name: Type.String({ minLength: 1, description: '3–255 of a–z, 0–9 and - _ ~ . between.' }),
    description: Type.Optional(Type.String({ description: 'What it is for.' })),
    scopes: optionalList('What it allows.'),
    users: optionalList('Exactly these have it; for the role user, besides everybody.'),
    groups: optionalList('Exactly the members of these have it.'),
    services: optionalList('Exactly these have it.'),
  },
  'One role. Users and groups that do not exist are made.',
)

export const roles = Type.Array(role, {
  default: [],
  description:
    'Roles, as in JupyterHub: those that are not listed any more are deleted; user, server and token may be changed, admin may get members.',
})

const customScope = section(
  {
    description: Type.String({ minLength: 1, description: 'What it allows, for a person.' }),
    subscopes: list('Other custom scopes that it includes.'),
  },
  'One scope that services know.',
)

export const customScopes = Type.Record(Type.String(), customScope, {
  default: {},
  description: 'Scopes of services, by names such as custom:grades:read.',
})

const service = section(
  {
    name: Type.String({ minLength: 1, description: 'Its address is /services/NAME/.' }),
    url: text('', 'Where it answers, such as http://127.0.0.1:9000; empty: it is not proxied.'),
    api_token: text('', 'Its API token, at least 8 characters; empty: a new one at each start.'),
    admin: flag(false, 'Whether it may do everything.'),
    command: Type.Array(Type.String({ format: 'command' }), {
      default: [],
      description: 'Program that the hub runs, with its arguments; empty: it runs by itself.',
    }),
    cwd: text('', 'Folder in which the program runs; empty: one of its own.'),
    environment: table('More environment variables of the program.'),
    user: text('', 'Unix account that the program runs as; empty: that of the hub.'),
    timeout: duration('30s', 'Longest time until the program answers at its url.'),
    access: Type.Union([Type.Literal('public'), Type.Literal('members')], {
      default: 'public',
      description:
        'Whom the front door lets through. public: everybody, the service looks after itself; members: who has the scope access:services for it.',
    }),
    display: flag(true, 'Whether the menu of services lists it.'),
    info: Type.Record(Type.String(), Type.Unknown(), {
      default: {},
      description: 'Whatever clients of the API want to know about it.',
    }),
    oauth_client_id: text('', 'Begins with service-; empty: service-NAME.'),
    oauth_redirect_uri: text('', 'Empty: /services/NAME/oauth_callback.'),
    oauth_client_allowed_scopes: list('Scopes or roles that it may ask people for.'),
    oauth_no_confirm: flag(false, 'Whether people are not asked.'),
  },
  'One service.',
)

export const services = Type.Array(service, {
  default: [],
  description: 'Programs that work with this hub.',
})

export type GroupDeclarations = Static<typeof groups>
export type ServiceDeclaration = Static<typeof service>
