/** The configuration of The Littlest JupyterHub in our words. */
import { type Edit } from './edit.ts'
import { isTable } from './decode.ts'

export type Translation = {
  /** What to change in our file. */
  readonly edits: readonly Edit[]
  /** What has no counterpart, or is to be looked at by a person. */
  readonly notes: readonly string[]
  readonly admins: readonly string[]
}

type Set = (key: string, value: unknown) => void

/** TLJH's names of applications, and the pages they open. */
const apps: Readonly<Record<string, string>> = { jupyterlab: '/lab', classic: '/tree' }

/** The last parts of the class names that mean: names and passwords of the hub's own. */
const ownPasswords = ['firstuseauthenticator', 'nativeauthenticator', 'native']

/** Sections that are translated, and those that say how TLJH itself runs. */
const known = ['base_url', 'auth', 'users', 'limits', 'http', 'https', 'services']
const silent = ['user_environment', 'traefik_api']

/** @param theirs its `config.yaml`, parsed */
export function translateTljh(theirs: unknown): Translation {
  const edits: Edit[] = []
  const notes: string[] = []
  const set: Set = (key, value) =>
    value === undefined || value === null || value === ''
      ? undefined
      : void edits.push({ action: 'set', at: key.split('.'), value })
  const at = (...path: readonly string[]): unknown => find(theirs, path)

  set('base_url', withSlashes(at('base_url')))
  set('spawner.default_url', apps[String(at('user_environment', 'default_app'))])
  set('limits.memory', at('limits', 'memory'))
  set('limits.cpu', at('limits', 'cpu'))
  set('users.allowed', listOf(at('users', 'allowed')))
  set('users.blocked', listOf(at('users', 'banned')))
  translateCulling(find(theirs, ['services', 'cull']), set)
  translateHttps(find(theirs, ['https']), set)
  translateLogin(find(theirs, ['auth']), set, notes)
  if (isTable(at('users', 'extra_user_groups')))
    set('spawner.systemd.extra_groups', at('users', 'extra_user_groups'))
  if (isTable(theirs))
    for (const key of Object.keys(theirs))
      if (![...known, ...silent].includes(key)) notes.push(`\`${key}\` has no counterpart here.`)
  return { edits, notes, admins: listOf(at('users', 'admin')) ?? [] }
}

function translateCulling(cull: unknown, set: Set): void {
  set('cull.enabled', find(cull, ['enabled']))
  for (const key of ['timeout', 'every', 'max_age']) {
    const seconds = find(cull, [key])
    if (typeof seconds === 'number') set(`cull.${key}`, `${seconds}s`)
  }
}

function translateHttps(https: unknown, set: Set): void {
  if (find(https, ['enabled']) !== true) return
  set('https.enabled', true)
  set('https.port', find(https, ['port']))
  set('https.tls.cert', find(https, ['tls', 'cert']))
  set('https.tls.key', find(https, ['tls', 'key']))
  set('https.letsencrypt.email', find(https, ['letsencrypt', 'email']))
  set('https.letsencrypt.domains', listOf(find(https, ['letsencrypt', 'domains'])))
  set('https.letsencrypt.staging', find(https, ['letsencrypt', 'staging']))
}

function translateLogin(auth: unknown, set: Set, notes: string[]): void {
  const written = find(auth, ['type'])
  const type = typeof written === 'string' ? written : 'native'
  const name = type.toLowerCase().split('.').at(-1) ?? ''
  if (name.startsWith('github')) {
    set('auth.type', 'github')
    for (const key of ['client_id', 'client_secret'])
      set(
        `auth.github.${key}`,
        find(auth, ['GitHubOAuthenticator', key]) ?? find(auth, ['OAuthenticator', key]),
      )
    notes.push('Say who may log in with GitHub: auth.github.allowed_users or another of its lists.')
  } else if (!ownPasswords.includes(name)) {
    notes.push(`People logged in by ${type}, which has to be set up here by hand (\`auth.type\`).`)
  }
}

function find(tree: unknown, [key, ...rest]: readonly string[]): unknown {
  if (key === undefined) return tree
  return isTable(tree) && Object.hasOwn(tree, key) ? find(tree[key], rest) : undefined
}

/** A name that YAML takes for a number is a name all the same. */
function listOf(value: unknown): string[] | undefined {
  return Array.isArray(value) && value.length > 0 ? value.map(String) : undefined
}

function withSlashes(path: unknown): string | undefined {
  if (typeof path !== 'string' || path === '/') return undefined
  return `/${path.replaceAll(/^\/+|\/+$/g, '')}/`
}
