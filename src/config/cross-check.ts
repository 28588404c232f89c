/** What a schema cannot say: settings that must fit each other, and the plug-ins there are. */
import { nearest } from '../lib/nearest.ts'
import { hubPartOf, programAddressProblem, programPathProblem } from '../model/added-route.ts'
import { checkDeclarations } from './check-declarations.ts'
import { checkHttps } from './check-https.ts'
import { checkProfiles } from './check-profiles.ts'
import { checkRoutesApi } from './check-routes-api.ts'
import { checkUsers } from './check-users.ts'
import { type Fault } from './decode.ts'
import { type Config } from './schema.ts'
import { type PluginSchemas } from './sections.ts'

/**
 * @param config with holes where something else is wrong already
 * @param faults what that is
 */
export function crossCheck(
  config: Partial<Config>,
  plugins: PluginSchemas,
  faults: readonly Fault[] = [],
): Fault[] {
  return [
    ...checkPorts(config),
    ...checkExtraRoutes(config),
    ...checkManagedGroups(config),
    ...checkType('auth', config.auth?.type, Object.keys(plugins.auth)),
    ...checkType('spawner', config.spawner?.type, Object.keys(plugins.spawner)),
    ...(isWhole(config, declarationKeys, faults) ? checkDeclarations(config) : []),
    ...(isWhole(config, userKeys, faults) ? checkUsers(config) : []),
    ...(isWhole(config, httpsKeys, faults) ? checkHttps(config) : []),
    ...(isWhole(config, routesApiKeys, faults) ? checkRoutesApi(config) : []),
    ...(isWhole(config, profileKeys, faults) ? checkProfiles(config) : []),
  ]
}

const declarationKeys = ['admin_users', 'groups', 'roles', 'custom_scopes', 'services'] as const
const userKeys = ['users', 'admin_users'] as const
const httpsKeys = ['https', 'port', 'public_url'] as const
const routesApiKeys = ['routes_api', 'port', 'internal_port', 'https'] as const
const profileKeys = ['profiles', 'group_overrides'] as const

/** Settings that refer to each other are looked at once each of them is of its form. */
function isWhole<Key extends keyof Config>(
  config: Partial<Config>,
  keys: readonly Key[],
  faults: readonly Fault[],
): config is Partial<Config> & Pick<Config, Key> {
  const isFaulty = (key: string): boolean => faults.some(({ at }) => at[0] === key)
  return keys.every((key) => config[key] !== undefined && !isFaulty(key))
}

function checkPorts({ port = 0, internal_port = 0 }: Partial<Config>): Fault[] {
  if (port === 0 || port !== internal_port) return []
  const sentence = `is ${port}, like \`port\`; choose another one, or 0.`
  return [{ at: ['internal_port'], sentence, isMissing: false }]
}

/** Members come from one side only (JupyterHub: `init_groups`). */
function checkManagedGroups({ auth, groups = {} }: Partial<Config>): Fault[] {
  if (auth?.manage_groups !== true) {
    const isIdle = auth?.admin_groups !== undefined && auth.admin_groups.length > 0
    const sentence = 'does nothing without `auth.manage_groups`.'
    return isIdle ? [{ at: ['auth', 'admin_groups'], sentence, isMissing: false }] : []
  }
  const sentence = 'members are what logins say, with `auth.manage_groups`; leave `users` out.'
  return Object.entries(groups).flatMap(([name, group]) =>
    // Where something is wrong with it already there is a hole.
    (group as typeof group | undefined)?.users.length
      ? [{ at: ['groups', name, 'users'], sentence, isMissing: false }]
      : [],
  )
}

function checkExtraRoutes({ extra_routes = {}, base_url = '/' }: Partial<Config>): Fault[] {
  return Object.entries(extra_routes).flatMap(([prefix, target]) => {
    const sentence = pathProblem(prefix, base_url) ?? programAddressProblem(target)
    return sentence === undefined
      ? []
      : [{ at: ['extra_routes', prefix], sentence, isMissing: false }]
  })
}

function pathProblem(prefix: string, baseUrl: string): string | undefined {
  const part = hubPartOf(prefix, baseUrl)
  const problem = programPathProblem(prefix, baseUrl)
  return problem ?? (part === undefined ? undefined : `${part} belongs to the hub.`)
}

function checkType(
  section: 'auth' | 'spawner',
  type: string | undefined,
  known: readonly string[],
): Fault[] {
  if (type === undefined || known.includes(type)) return []
  const meant = nearest(type, known)
  const hint = meant === undefined ? '' : ` Did you mean \`${meant}\`?`
  const sentence = `there is no '${type}'; known are ${known.join(', ')}.${hint}`
  return [{ at: [section, 'type'], sentence, isMissing: false }]
}
