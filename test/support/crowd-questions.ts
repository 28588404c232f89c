/** What is asked of a hub with a crowd of users: every list and look-up of API and pages, as `admin`. */
import { crowdSecret, narrowSecret, nameOf } from './crowd.ts'
import { sessionCookie } from '../../src/model/session.ts'

export type Question = {
  readonly name: string
  readonly method?: 'POST'
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
  /** Every member of a group is named or looked up, as in JupyterHub, so it grows with the group. */
  readonly isWholeGroup?: true
}

const token = { authorization: `token ${crowdSecret}` }
const narrow = { authorization: `token ${narrowSecret}` }
const paged = { ...token, accept: 'application/jupyterhub-pagination+json' }
const browser = { cookie: `${sessionCookie.plain}=${crowdSecret}` }

/** Lists of users: every state and sort, from the front and from the back, searched for much, little and nothing. */
function userLists(users: number): Question[] {
  const ways = [
    '',
    ...['active', 'ready', 'inactive'].map((state) => `state=${state}`),
    ...['id', 'name', 'last_activity'].flatMap((key) => [`sort=${key}`, `sort=-${key}`]),
    ...['er-0', 'r-000042', 'nobody is called so'].map((part) => `name_filter=${part}`),
    ...['active', 'inactive'].map((state) => `state=${state}&sort=-last_activity&name_filter=er-0`),
    `offset=${users - 60}`,
    `offset=${users - 60}&sort=last_activity`,
    `state=inactive&offset=${users - 260}`,
    'include_stopped_servers=1',
  ]
  return ways.flatMap((way) => {
    const path = `/hub/api/users?${encodeURI(way)}`
    return [
      { name: `users ${way}`, path, headers: token },
      { name: `users ${way}, paged`, path, headers: paged },
    ]
  })
}

/** The other lists of the API, and single things. */
function apiQuestions(): Question[] {
  const one = nameOf(3)
  const paths = [
    `users/${one}`,
    `users/${one}/tokens`,
    `users/${one}/server`,
    `users/${one}/shared`,
    'user',
    'services',
    'services/service-1',
    'shares/admin',
    'shares/admin/',
    `shares/${one}`,
    `share-codes/${one}`,
    'groups/everyone/shared',
    'proxy',
    'info',
    'openapi.json',
  ]
  return [
    ...paths.map((path) => ({ name: path, path: `/hub/api/${path}`, headers: token })),
    { name: 'users of one group', path: '/hub/api/users', headers: narrow, isWholeGroup: true },
    { name: 'groups', path: '/hub/api/groups', headers: token, isWholeGroup: true },
    { name: 'groups, paged', path: '/hub/api/groups', headers: paged, isWholeGroup: true },
    {
      name: 'groups/everyone',
      path: '/hub/api/groups/everyone',
      headers: token,
      isWholeGroup: true,
    },
    { name: 'check routes', method: 'POST', path: '/hub/api/proxy', headers: token },
    { name: 'metrics', path: '/hub/metrics', headers: token },
  ]
}

function pageQuestions(users: number): Question[] {
  const paths = [
    'home',
    'admin',
    `admin?page=${Math.ceil(users / 50)}`,
    'admin?search=er-0',
    'admin?search=nobody',
    'admin/groups',
    'admin/groups/1',
    'admin/groups/2',
    'admin/services',
    'token',
    'account',
    'share/admin',
  ]
  return paths.map((path) => ({ name: `page ${path}`, path: `/hub/${path}`, headers: browser }))
}

export const questionsTo = (users: number): Question[] => [
  ...userLists(users),
  ...apiQuestions(),
  ...pageQuestions(users),
]
