/** Every view with data that shows all it can say. */
import {
  type Frame,
  type OwnServer,
  type ServerCard,
  type AdminRow,
  type ViewData,
  type ViewName,
} from '../../src/web/views.ts'

export const frame: Frame = {
  hubPath: '/hub/',
  user: { name: 'teacher', admin: true },
  sections: [
    { name: 'People', path: '/hub/admin' },
    { name: 'Groups', path: '/hub/admin/groups' },
    { name: 'Services', path: '/hub/admin/services' },
  ],
  announcement: 'The hub is closed on Friday.',
  logoPath: '/hub/logo?v=0123456789ab',
  services: [{ name: 'grader', url: '/services/grader/' }],
  xsrf: 'token',
  notice: undefined,
  requestId: '8f3c12ab',
  assetVersion: '0123456789ab',
}

const moment = {
  relative: '3 hours ago',
  absolute: '31 January 2026 at 12:00 UTC',
  iso: '2026-01-31T12:00:00.000Z',
}

const card = (state: ServerCard['state'], more: Partial<ServerCard> = {}): ServerCard => ({
  name: '',
  title: '',
  owner: 'ana',
  state,
  url: '/user/ana/',
  startPath: '/hub/spawn/ana',
  stopPath: '/hub/stop/ana',
  pendingPath: '/hub/spawn-pending/ana',
  lastActivity: moment,
  started: state === 'ready' ? moment : undefined,
  reason: undefined,
  profile: undefined,
  choosePath: undefined,
  ...more,
})

const ownServer = (state: ServerCard['state'], more: Partial<OwnServer> = {}): OwnServer => ({
  ...card(state),
  renamePath: undefined,
  deletePath: undefined,
  sharePath: undefined,
  ...more,
})

const row = (id: number, name: string, more: Partial<AdminRow> = {}): AdminRow => ({
  id,
  name,
  admin: false,
  disabled: false,
  keptOut: false,
  self: false,
  status: undefined,
  hasPassword: true,
  lastActivity: moment,
  server: card('stopped', { owner: name }),
  memory: undefined,
  limitsPath: undefined,
  ...more,
})

const problem = 'That did not work.'
const login: ViewData['login'] = {
  kind: 'password',
  label: '',
  action: '/hub/login?next=%2Fhub%2Fhome',
  name: '',
  problem: undefined,
  unclaimed: false,
}
const link = { title: 'Welcome', action: '/hub/invite/secret', name: 'ana', minLength: 10 }
const own = { owner: 'ana', own: true }
const others = { owner: 'ana', own: false }
const start = { startPath: '/hub/spawn/ana', next: '/user/ana/lab' }
const chosen = { profile: 'Small', choosePath: '/hub/spawn/ana' }
const { choosePath } = chosen
const failed = {
  message: 'The server ended by itself with exit code 1.',
  hint: 'A package is missing.',
  exitCode: 1,
  logTail: ['one line', 'another line'],
}
const pending = {
  progressPath: '/hub/api/users/ana/server/progress',
  stopPath: '/hub/stop/ana',
  readyPath: '/user/ana/',
}

const rows = [
  row(1, 'teacher', {
    ...{ admin: true, self: true, server: card('ready', chosen), memory: '214 MB' },
    limitsPath: '/hub/limits/teacher',
  }),
  row(2, 'ben', { hasPassword: false, status: 'invited', lastActivity: undefined }),
  row(3, 'cleo', { disabled: true, keptOut: true, server: card('failed', { reason: problem }) }),
  row(4, 'dan', { server: card('starting') }),
  row(5, 'eve', { server: card('stopping') }),
]
const admin: ViewData['admin'] = {
  search: '',
  rows,
  range: '1–5 of 213',
  total: 213,
  previousPath: '/hub/admin',
  nextPath: '/hub/admin?page=3',
  runningTotal: 12,
  running: [
    {
      server: card('ready'),
      label: 'ana',
      memory: '214 MB',
      limitsPath: '/hub/limits/ana',
    },
    { server: card('starting'), label: 'dan', memory: undefined, limitsPath: undefined },
  ],
  memory: '1.3 GB',
  starts: '1 of 1 starts since the hub began were warm.',
  delays: [{ key: 'ana from 192.0.2.17', failures: 7, until: moment }],
  may: { list: true, manage: true, servers: true },
  native: true,
  names: '',
  problem,
  done: 'Done.',
  here: '/hub/admin?page=2',
}

const home: ViewData['home'] = {
  servers: [],
  more: undefined,
  shared: [],
  changing: false,
  alone: false,
  problem: undefined,
  done: undefined,
}
const shared = {
  name: '',
  owner: 'ben',
  ready: false,
  url: '/user/ben/',
  startPath: undefined,
  groups: '',
  leavePath: undefined,
}
const options = [
  { value: '3600', label: '1 hour', selected: true },
  { value: '', label: 'Never', selected: false },
]
const token = {
  note: 'a script',
  scopes: '',
  created: moment,
  used: undefined,
  expires: undefined,
  isServers: false,
}
const app = {
  name: 'grader',
  scopes: ['Read names of users'],
  created: moment,
  used: undefined,
  count: 1,
}
const group: ViewData['admin-group'] = {
  name: 'class-a',
  path: '/hub/admin/groups/1',
  members: ['ana', 'ben'],
  total: 213,
  range: '51–100 of 213',
  previousPath: '/hub/admin/groups/1',
  nextPath: '/hub/admin/groups/1?page=3',
  roles: ['teacher'],
  mayChange: true,
  mayDelete: true,
  mayStart: true,
  mayStop: true,
  servers: { stopped: 9, waiting: 21, starting: 2, ready: 17, stopping: 1, failed: 1 },
  names: '',
  properties: '{}',
  problem: undefined,
  done: 'Done.',
}
const service = {
  isSilent: false,
  path: '/services/x/',
  url: undefined,
  admin: false,
  display: false,
  isPublic: false,
  command: undefined,
  fromConfig: false,
  roles: [],
}
const sharing = {
  action: '/hub/share/ana',
  shares: [],
  codes: [],
  validities: options,
  with: '',
  withGroup: '',
  problem: undefined,
  done: undefined,
}
const accepting = {
  owner: 'ben',
  scopes: ['Open servers, with all that is in them'],
  action: '/hub/accept-share',
  code: 'secret',
  next: '',
}

const profiles: ViewData['spawn-form']['profiles'] = [
  {
    slug: 'small',
    name: 'Small',
    description: 'For most courses.',
    facts: '2 GB of memory, 1 core',
    selected: false,
    options: [],
  },
  {
    slug: 'gpu',
    name: 'With a graphics card',
    description: '',
    facts: '',
    selected: true,
    options: [
      { field: 'gpu.card', label: 'Card', choices: options, problem },
      { field: 'gpu.kit', label: 'Toolkit', choices: options, problem: undefined },
    ],
  },
]

type Sample = { readonly [Name in ViewName]: readonly ViewData[Name][] }

const samples: Sample = {
  login: [
    login,
    { ...login, name: 'ana', problem },
    { ...login, unclaimed: true },
    { ...login, kind: 'redirect', label: 'GitHub', action: '/hub/oauth_login' },
  ],
  'set-password': [
    { ...link, purpose: 'claim', name: '', problem: { field: 'name', message: problem } },
    { ...link, purpose: 'invite', problem: { field: 'password', message: problem } },
    { ...link, purpose: 'reset', problem: { field: 'form', message: problem } },
    { ...link, purpose: 'claim', problem: undefined },
  ],
  logout: [{}],
  home: [
    {
      ...home,
      servers: [ownServer('ready', { sharePath: '/hub/share/ana' })],
      alone: true,
    },
    {
      ...home,
      servers: [
        ownServer('stopped', { reason: 'Nobody had used it for an hour.' }),
        ownServer('failed', { name: 'lab2', reason: problem, deletePath: '/hub/delete/ana/lab2' }),
        ownServer('starting', { name: 'big', title: 'Größe', renamePath: '/x', ...chosen }),
        ownServer('stopped', { name: 'again', ...chosen }),
        ownServer('stopped', { name: 'first', choosePath }),
        ownServer('stopping', { name: 'old' }),
        ownServer('stopped', { name: 'new', lastActivity: undefined }),
        ownServer('ready', { name: 'used', lastActivity: undefined, sharePath: '/x' }),
      ],
      more: { action: '/hub/servers', name: 'lab3', count: '2 of 3', isFull: false },
      shared: [
        { ...shared, ready: true, leavePath: '/hub/share-left/ben' },
        { ...shared, name: 'lab', groups: 'class-a', startPath: '/hub/spawn/ben/lab' },
        shared,
      ],
      problem,
      done: 'Done.',
      changing: true,
    },
    { ...home, more: { action: '/hub/servers', name: '', count: '3 of 3', isFull: true } },
  ],
  tokens: [
    {
      note: 'laptop',
      scopes: 'read:users',
      expiries: options,
      tokens: [
        { ...token, id: 1, scopes: 'read:users!user=ana', used: moment, expires: moment },
        { ...token, id: 2, isServers: true },
        { ...token, id: 3 },
      ],
      apps: [
        { ...app, clientId: 'service-grader', used: moment, count: 2 },
        { ...app, clientId: 'jupyterhub-user-ana', scopes: [] },
      ],
      problem,
      done: undefined,
    },
    {
      note: '',
      scopes: '',
      expiries: options,
      tokens: [],
      apps: [],
      problem: undefined,
      done: 'Done.',
    },
  ],
  'token-made': [
    { note: 'laptop', secret: 'secret', expires: moment, apiUrl: 'https://hub.example/hub/api' },
    { note: 'laptop', secret: 'secret', expires: undefined, apiUrl: 'https://hub.example/hub/api' },
  ],
  'admin-groups': [
    {
      groups: [
        { name: 'class-a', path: '/hub/admin/groups/1', members: 31, properties: 0 },
        { name: 'class-b', path: '/hub/admin/groups/2', members: 1, properties: 1 },
        { name: 'class-c', path: '/hub/admin/groups/3', members: 0, properties: 2 },
      ],
      total: 213,
      range: '1–3 of 213',
      previousPath: '/hub/admin/groups',
      nextPath: '/hub/admin/groups?page=3',
      mayAdd: true,
      name: 'class',
      problem,
      done: 'Done.',
    },
    {
      groups: [],
      total: 0,
      range: '0',
      previousPath: undefined,
      nextPath: undefined,
      mayAdd: false,
      name: '',
      problem: undefined,
      done: undefined,
    },
  ],
  'admin-group': [
    group,
    { ...group, members: [], roles: [], problem: { field: 'names', message: problem } },
    { ...group, problem: { field: 'properties', message: problem } },
    { ...group, mayChange: false, mayDelete: false, problem: { field: 'form', message: problem } },
  ],
  'admin-services': [
    {
      services: [
        { ...service, name: 'grader', url: 'http://127.0.0.1:9000', isPublic: true },
        { ...service, name: 'board', url: 'http://127.0.0.1:9001', isSilent: true },
        { ...service, name: 'cull', admin: true, command: 'cull', fromConfig: true, roles: ['x'] },
      ],
    },
    { services: [] },
  ],
  'server-limits': [
    {
      ...{ title: 'the server of ana', action: '/hub/limits/ana', can: true },
      ...{ memory: '2G', cpu: '', tasks: '200', problem },
      next: { memory: '1G', cpu: '0.5', tasks: 'none' },
    },
    {
      ...{ title: 'ana/lab', action: '/hub/limits/ana/lab', can: false, next: undefined },
      ...{ memory: '', cpu: '', tasks: '', problem: undefined },
    },
  ],
  'rename-server': [
    { name: 'lab', action: '/hub/rename/ana/lab', displayName: 'Labor', problem: undefined },
    { name: 'lab', action: '/hub/rename/ana/lab', displayName: '  ', problem },
  ],
  share: [
    {
      ...own,
      name: '',
      ...sharing,
      shares: [
        { kind: 'user', name: 'ben', scopes: [], created: moment },
        { kind: 'group', name: 'class-a', scopes: ['Stop and remove servers'], created: moment },
      ],
      codes: [
        { id: 1, created: moment, expires: moment, used: 0 },
        { id: 2, created: moment, expires: moment, used: 1 },
        { id: 3, created: moment, expires: moment, used: 12 },
      ],
      problem,
      done: 'Done.',
    },
    { ...others, name: 'lab', ...sharing },
    { ...others, name: '', ...sharing },
    { ...own, name: 'lab', ...sharing },
  ],
  'share-link': [
    {
      title: 'ana/lab',
      link: 'https://hub.example/x',
      expires: moment,
      backPath: '/hub/share/ana',
    },
  ],
  'accept-share': [
    { ...accepting, name: '' },
    { ...accepting, name: 'lab', next: '/user/ben/lab/tree' },
  ],
  account: [
    {
      hasPassword: true,
      minLength: 10,
      problem: { field: 'oldPassword', message: problem },
      done: undefined,
      sessions: [
        { current: true, browser: 'Firefox on Linux', address: '192.0.2.17', seen: moment },
        { current: false, browser: 'Safari on iPhone', address: '2001:db8::17', seen: moment },
      ],
    },
    {
      hasPassword: true,
      minLength: 10,
      problem: { field: 'password', message: problem },
      done: undefined,
      sessions: [],
    },
    {
      hasPassword: false,
      minLength: 10,
      problem: { field: 'form', message: problem },
      done: 'Done.',
      sessions: [],
    },
  ],
  spawn: [
    { ...own, ...start },
    { ...others, ...start, next: '' },
  ],
  'spawn-form': [
    { ...own, ...start, name: '', fromElsewhere: true, problem, profiles },
    { ...own, ...start, name: 'lab', next: '', fromElsewhere: false, problem: undefined, profiles },
    { ...others, ...start, name: '', fromElsewhere: false, problem: undefined, profiles },
    { ...others, ...start, next: '', name: 'lab', fromElsewhere: true, problem, profiles: [] },
  ],
  'spawn-pending': [
    { ...own, ...pending, place: 'Number 4 in the queue: ready in about 20 seconds.' },
    { ...others, ...pending, place: undefined },
  ],
  'stop-pending': [own, others],
  'not-running': [
    { ...own, ...start, choosePath, reason: undefined, implicit: undefined },
    {
      ...others,
      ...start,
      choosePath: undefined,
      reason: problem,
      implicit: { seconds: 1.5, path: '/hub/spawn/ana' },
    },
  ],
  'server-failed': [
    { ...own, ...start, ...failed, choosePath },
    {
      ...others,
      ...start,
      ...failed,
      hint: undefined,
      exitCode: undefined,
      logTail: [],
      choosePath: undefined,
    },
  ],
  admin: [
    admin,
    {
      ...admin,
      search: 'zz',
      rows: [],
      running: [],
      delays: [],
      native: false,
      problem: undefined,
      done: undefined,
      memory: undefined,
      previousPath: undefined,
      nextPath: undefined,
    },
    { ...admin, rows: [], total: 0 },
    { ...admin, rows: [], may: { list: false, manage: false, servers: false } },
    { ...admin, may: { list: true, manage: false, servers: false } },
  ],
  'admin-links': [
    {
      title: '3 accounts added',
      results: [
        { name: 'ana', link: 'https://hub.example.org/hub/invite/one', problem: undefined },
        { name: 'ben', link: 'https://hub.example.org/hub/invite/two', problem: undefined },
        { name: 'a/b', link: undefined, problem },
        { name: 'cleo', link: undefined, problem: undefined },
      ],
      links: 2,
      validFor: '14 days',
      all: 'ana\thttps://hub.example.org/hub/invite/one',
    },
  ],
  confirm: [
    {
      title: 'Delete ben?',
      sentence: 'It goes.',
      action: '/x',
      label: 'Delete',
      cancelPath: '/hub/admin',
    },
  ],
  authorize: [
    {
      description: 'JupyterLab',
      owner: 'ana',
      scopes: [{ name: 'read:users:name', meaning: 'Read your name' }],
      action: '/x?a=1&b=2',
    },
    { description: 'A dashboard', owner: '', scopes: [], action: '/x' },
  ],
  error: [{ status: 404, title: 'Nothing here', message: 'There is no page at this address.' }],
}

/** A label, the view's name, its data. */
export function everyView(): [string, ViewName, ViewData[ViewName]][] {
  return Object.entries(samples).flatMap(([name, each]) =>
    each.map((data, index): [string, ViewName, ViewData[ViewName]] => [
      `${name} ${index + 1}`,
      name as ViewName,
      data,
    ]),
  )
}
