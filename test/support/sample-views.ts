/** Every view with data that shows all it can say. */
import {
  type Frame,
  type ServerCard,
  type AdminRow,
  type ViewData,
  type ViewName,
} from '../../src/web/views.ts'

export const frame: Frame = {
  hubPath: '/hub/',
  user: { name: 'teacher', admin: true },
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
  owner: 'ana',
  state,
  url: '/user/ana/',
  startPath: '/hub/spawn/ana',
  stopPath: '/hub/stop/ana',
  pendingPath: '/hub/spawn-pending/ana',
  lastActivity: moment,
  started: state === 'ready' ? moment : undefined,
  reason: undefined,
  ...more,
})

const row = (id: number, name: string, more: Partial<AdminRow> = {}): AdminRow => ({
  id,
  name,
  admin: false,
  disabled: false,
  self: false,
  status: undefined,
  hasPassword: true,
  lastActivity: moment,
  server: card('stopped', { owner: name }),
  memory: undefined,
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
  row(1, 'teacher', { admin: true, self: true, server: card('ready'), memory: '214 MB' }),
  row(2, 'ben', { hasPassword: false, status: 'invited', lastActivity: undefined }),
  row(3, 'cleo', { disabled: true, server: card('failed', { reason: problem }) }),
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
  running: [
    { server: card('ready'), label: 'ana', memory: '214 MB' },
    { server: card('starting'), label: 'dan', memory: undefined },
  ],
  memory: '1.3 GB',
  delays: [{ key: 'ana from 192.0.2.17', failures: 7, until: moment }],
  native: true,
  names: '',
  problem,
  done: 'Done.',
  here: '/hub/admin?page=2',
}

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
    { servers: [card('ready')], changing: false, alone: true },
    {
      servers: [
        card('stopped', { reason: 'Nobody had used it for an hour.' }),
        card('failed', { name: 'lab2', reason: problem }),
        card('starting', { name: 'big' }),
        card('stopping', { name: 'old' }),
        card('stopped', { name: 'new', lastActivity: undefined }),
        card('ready', { name: 'used', lastActivity: undefined }),
      ],
      changing: true,
      alone: false,
    },
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
  'spawn-pending': [
    { ...own, ...pending },
    { ...others, ...pending },
  ],
  'stop-pending': [own, others],
  'not-running': [
    { ...own, ...start, reason: undefined },
    { ...others, ...start, reason: problem },
  ],
  'server-failed': [
    { ...own, ...start, ...failed },
    { ...others, ...start, ...failed, hint: undefined, exitCode: undefined, logTail: [] },
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
    { description: 'JupyterLab', owner: 'ana', scopes: ['Read your name'], action: '/x?a=1&b=2' },
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
