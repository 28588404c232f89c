/** What differs between two configurations, setting by setting. */
import { isDeepStrictEqual } from 'node:util'
import { isTable } from './decode.ts'
import { type LoadedConfig } from './load.ts'
import { isLive, listSettings, wholeSchema, type PluginSchemas, type Setting } from './sections.ts'

/** Dotted keys. */
export type Changes = {
  /** Those that a running hub applies. */
  readonly live: readonly string[]
  /** Those that wait for its next start. */
  readonly restart: readonly string[]
}

/** Options of plug-ins that are not chosen do not count. */
export function changesBetween(
  before: LoadedConfig,
  after: LoadedConfig,
  plugins: PluginSchemas,
): Changes {
  const changed = listSettings(wholeSchema(plugins)).filter(
    ({ key }) => !isDeepStrictEqual(settingOf(before, key), settingOf(after, key)),
  )
  // Another way of logging in, with all that belongs to it, begins with a start.
  const isOther = before.auth.type !== after.auth.type
  const holds = (setting: Setting): boolean =>
    isLive(setting) && !(isOther && isLoginOption(before, setting.key))
  const keysOf = (live: boolean): string[] =>
    changed.filter((setting) => holds(setting) === live).map(({ key }) => key)
  return { live: keysOf(true), restart: keysOf(false) }
}

/** `after` with the values of `before` for what waits for a start. */
export function withoutRestart(
  before: LoadedConfig,
  after: LoadedConfig,
  { restart }: Changes,
): LoadedConfig {
  const { auth, spawner } = before.pluginOptions
  const isSame = before.auth.type === after.auth.type
  const pluginOptions = { auth: isSame ? after.pluginOptions.auth : auth, spawner }
  return restart.reduce((config, key) => replaced(config, placeOf(config, key), before), {
    ...after,
    pluginOptions,
  })
}

function isLoginOption({ auth }: LoadedConfig, key: string): boolean {
  const [section, name = ''] = key.split('.')
  return section === 'auth' && !Object.hasOwn(auth, name)
}

/** Where a setting lies; the options of the chosen way of logging in lie apart from the others. */
const placeOf = (config: LoadedConfig, key: string): string[] =>
  isLoginOption(config, key)
    ? ['pluginOptions', 'auth', ...key.split('.').slice(2)]
    : key.split('.')

/** The value of a setting; the options of a plug-in lie beside the settings. */
export function settingOf(config: LoadedConfig, key: string): unknown {
  const [section = '', name = '', ...rest] = key.split('.')
  if (section !== 'auth' && section !== 'spawner') return at(config, key.split('.'))
  if (Object.hasOwn(config[section], name)) return at(config, key.split('.'))
  return name === config[section].type ? at(config.pluginOptions[section], rest) : undefined
}

const at = (tree: unknown, path: readonly string[]): unknown =>
  path.reduce((below: unknown, key) => (isTable(below) ? below[key] : undefined), tree)

/** A new tree, with what `source` has at this path; what it has not is left as it is. */
function replaced<Tree>(tree: Tree, path: readonly string[], source: unknown): Tree {
  const [key = '', ...rest] = path
  if (!isTable(tree) || !isTable(source) || !Object.hasOwn(source, key)) return tree
  const value = rest.length === 0 ? source[key] : replaced(tree[key], rest, source[key])
  return { ...tree, [key]: value }
}
