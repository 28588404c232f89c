/** Every setting once: type, default, unit, one sentence. Types are inferred from it, docs/settings.md is printed from it. */
import { Type, type Static } from 'typebox'
import { auth, session, tokens } from './auth-settings.ts'
import { connections } from './connection-settings.ts'
import { customScopes, groups, roles, services, users } from './declarations.ts'
import { https } from './https-settings.ts'
import { groupOverrides, limits, profiles } from './profiles.ts'
import {
  count,
  duration,
  flag,
  list,
  optionalPath,
  path,
  reloaded,
  restart,
  section,
  size,
  table,
  text,
} from './setting.ts'
import { routesApi } from './routes-api-settings.ts'
import { backup, cull, upgrade } from './upkeep-settings.ts'

export { duration, flag, list, reloaded, section, size, text }

const password = section(
  {
    min_length: Type.Integer({
      minimum: 10,
      maximum: 72,
      default: 10,
      description: 'Fewest characters of a password.',
    }),
    bcrypt_cost: restart(
      Type.Integer({
        minimum: 4,
        maximum: 15,
        default: 10,
        description: 'Work factor of bcrypt; a higher one is applied at the next login.',
      }),
    ),
    concurrent_hashes: restart(
      count(
        1,
        'Passwords hashed at the same time, so that a class logging in does not slow the others.',
        64,
      ),
    ),
  },
  'Native passwords.',
)

const links = section(
  {
    claim_valid: duration('24h', 'How long a claim link works.'),
    invite_valid: duration('14d', 'How long an invitation link works.'),
    reset_valid: duration('24h', 'How long a password reset link works.'),
  },
  'One-time links.',
)

const announcement = section(
  {
    text: text('', 'A line on top of every page; text, not HTML.'),
    login: text('', 'The line of the login page, in the place of `text`.'),
    home: text('', 'The line of the home page, in the place of `text`.'),
    spawn: text('', 'The line of the pages of a start, in the place of `text`.'),
    logout: text('', 'The line of the logout page, in the place of `text`.'),
  },
  'What people are told on the pages of the hub.',
)

const api = section(
  {
    page_default_limit: Type.Integer({
      minimum: 1,
      maximum: 10_000,
      default: 50,
      description: 'Entries of a page for clients that follow pages and name no limit.',
    }),
    page_max_limit: Type.Integer({
      minimum: 1,
      maximum: 10_000,
      default: 200,
      description: 'Most entries of a list in one answer.',
    }),
  },
  'The REST API.',
)

export const settings = section(
  {
    data_dir: restart(path('./data', 'Folder of the database, keys, logs and home folders.')),
    host: restart(text('127.0.0.1', 'Address to listen on.')),
    port: restart(
      Type.Integer({
        minimum: 0,
        maximum: 65535,
        default: 8000,
        description: 'Port to listen on; 0: any free one.',
      }),
    ),
    internal_port: restart(
      Type.Integer({
        minimum: 0,
        maximum: 65535,
        default: 0,
        description: 'Loopback port on which servers reach the API; 0: chosen once and kept.',
      }),
    ),
    base_url: restart(
      Type.String({
        default: '/',
        pattern: '^/(?:[A-Za-z0-9._~-]+/)*$',
        description: 'URL path of the whole site; begins and ends with a slash.',
      }),
    ),
    public_url: restart(
      Type.String({
        default: '',
        pattern: '^(?:https?://[^/?#@ ]+)?$',
        description:
          'Address that people use, such as https://hub.example.org; empty: what the browser says.',
      }),
    ),
    https,
    jupyterhub_version: restart(
      Type.String({
        default: '6.1.1',
        pattern: '^\\d+(?:\\.\\d+)*(?:(?:a|b|rc)\\d+)?$',
        description: 'Version of JupyterHub whose API clients are told to find here.',
      }),
    ),
    trusted_proxies: restart(
      list('Addresses of reverse proxies whose X-Forwarded headers are believed.'),
    ),
    log_level: restart(
      Type.Union(
        [Type.Literal('debug'), Type.Literal('info'), Type.Literal('warn'), Type.Literal('error')],
        { default: 'info', description: 'How much is logged.' },
      ),
    ),
    body_limit: restart(size('1M', 'Largest change of users or groups; others 64K, uploads any.')),
    default_url: Type.String({
      default: '',
      pattern: '^(?:/[^/\\\\].*|https?://.+)?$',
      description:
        'Where a login leads that was asked for nothing else; empty: see `redirect_to_server`.',
    }),
    redirect_to_server: flag(true, 'It leads to the own server, not to the home page.'),
    implicit_spawn_seconds: count(
      0,
      'A page that says that a server is not running starts it after this long; 0: never.',
      3600,
    ),
    logo_file: optionalPath('Image in the place of our logo: SVG, PNG, JPEG, GIF, WebP or ICO.'),
    views_dir: optionalPath(
      'Folder of views (and a folder `static` in it) that come before our own of the same name.',
    ),
    connections,
    announcement,
    session,
    password,
    links,
    auth,
    spawner: Type.Object(
      {
        type: restart(text('process', 'How servers run: process.')),
        cmd: Type.Array(Type.String({ format: 'command' }), {
          minItems: 1,
          default: ['jupyterhub-singleuser'],
          description: 'Program of a server, with its first arguments.',
        }),
        args: list('More arguments.'),
        path: Type.String({
          format: 'search-path',
          default: '/usr/local/bin:/usr/bin:/bin',
          description:
            "PATH of servers; entries may begin with ./ (the configuration file's folder).",
        }),
        environment: table('More environment variables of servers.'),
        default_url: text('', 'Page that opens first, such as /tree; empty: the server decides.'),
        warm_start: flag(
          true,
          'Servers are forked from a process that has already imported what they need, where that is as good as starting the program: they are ready in a tenth of the time, with half the memory.',
        ),
        warm_kernels: flag(
          true,
          'Their Python kernels are forked in the same way, and as readily.',
        ),
        preload: list(
          'Modules that these kernels need not import any more, where they are installed; what every kernel imports is found by itself.',
          ['numpy', 'pandas'],
        ),
        start_timeout: duration('60s', 'Longest time until the program runs.'),
        http_timeout: duration('30s', 'Longest time from there until it answers.'),
        hook_timeout: duration('10s', 'Longest time that a hook takes; see `hooks`.'),
        slow_spawn_timeout: duration(
          '10s',
          'API calls wait this long for a start before they answer 202.',
        ),
        slow_stop_timeout: duration('10s', 'The same for a stop.'),
        starts_at_once: count(
          0,
          'Starts that go on at the same time, others wait for their turn; 0: one for each core of the machine, at least 2.',
        ),
        start_memory: size(
          '128M',
          'Free memory that a start needs, beside what those before it need; with less it is refused. 0: it never is.',
        ),
        concurrent_spawn_limit: count(0, 'Starts under way or waiting at most; 0: no limit.'),
        active_server_limit: count(0, 'Servers running at the same time; 0: no limit.'),
        named_server_limit_per_user: count(0, 'Named servers of a user besides the default one.'),
      },
      { default: {}, description: 'Starting servers. Each type has a section of its own name.' },
    ),
    limits,
    group_overrides: groupOverrides,
    profiles,
    hooks: restart(
      optionalPath(
        'JavaScript module that is told of starts and stops: it exports preSpawn, postStop or both.',
      ),
    ),
    cull,
    event_log: optionalPath(
      'File that gets a line of JSON for every start and stop of a server, as JupyterHub writes it; empty: none.',
    ),
    metrics: section(
      {
        public: restart(
          flag(false, 'Anybody may read /hub/metrics, without the scope read:metrics.'),
        ),
      },
      'Metrics for Prometheus.',
    ),
    tokens,
    api,
    backup,
    upgrade,
    admin_users: list('Names of users who are made at start, as administrators.'),
    users,
    groups,
    custom_scopes: customScopes,
    roles,
    services,
    extra_routes: restart(
      table(
        'Paths below which other programs answer, with their addresses: `/wiki/: http://127.0.0.1:3000`. Everybody may use them; they get no WebSockets.',
      ),
    ),
    routes_api: routesApi,
  },
  'The whole configuration.',
)

export type Config = Static<typeof settings>
