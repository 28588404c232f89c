/** Every setting with its value, as a person writes it, and where that comes from. */
import { resolve } from 'node:path'
import { Type, type TSchema } from 'typebox'
import { settingOf } from './changes.ts'
import { isTable } from './decode.ts'
import { readDocument } from './document.ts'
import { loadConfig, withOverride, type ConfigSources } from './load.ts'
import { readEnvironment, readFlags } from './overrides.ts'
import { isLive, listSettings, optionOf, wholeSchema, type PluginSchemas } from './sections.ts'

export type Explained = {
  readonly key: string
  /** Secrets are masked. */
  readonly value: unknown
  /** `default`, `/etc/littlehub.yaml:12`, `LITTLEHUB_PORT`, `command line` */
  readonly from: string
  /** Whether a running hub applies changes of it. */
  readonly live: boolean
}

/** What is shown in the place of a secret. */
const mask = '********'

const secretName = /secret|token|passw|credential|private|(?:^|_)key(?:$|_)/i

/** Whether what is written under this name is kept secret, be it a setting or a variable of an environment. */
export const isSecretName = (name: string): boolean => secretName.test(name)

/** Without the sections of plug-ins that are not chosen. @throws {ConfigError} with every problem there is. */
export function explainSettings(sources: ConfigSources, plugins: PluginSchemas): Explained[] {
  const config = loadConfig(sources, plugins)
  const schema = wholeSchema(plugins)
  const file = sources.file === undefined ? undefined : resolve(sources.file)
  const document = readDocument(file, false, sources.text)
  const overrides = [...readEnvironment(sources.env, schema), ...readFlags(sources.flags, schema)]
  const written = overrides.reduce(withOverride, document.written)

  const fromOf = (at: readonly string[]): string => {
    const override = overrides.findLast((one) => at.every((part, index) => one.at[index] === part))
    if (override) return override.source
    if (valueIn(document.written, at) === undefined) return 'default'
    const line = document.lineOf(at)
    return line === undefined ? document.source : `${document.source}:${line}`
  }
  const isChosen = ({ key }: { key: string }): boolean => {
    const [section, name = ''] = key.split('.')
    if (section !== 'auth' && section !== 'spawner') return true
    return !Object.hasOwn(plugins[section], name) || name === config[section].type
  }
  return listSettings(schema)
    .filter(isChosen)
    .map((setting) => {
      const at = setting.key.split('.')
      const read = isPath(setting.schema) ? settingOf(config, setting.key) : undefined
      const value = read ?? valueIn(written, at) ?? optionOf(setting.schema, 'default')
      return {
        key: setting.key,
        value: isFile(setting.schema) ? value : masked(value, at.at(-1) ?? ''),
        from: fromOf(at),
        live: isLive(setting),
      }
    })
}

/** What is written at a dotted key, also inside a table. */
export const valueIn = (tree: unknown, at: readonly string[]): unknown =>
  at.reduce(
    (below: unknown, key) => (isTable(below) && Object.hasOwn(below, key) ? below[key] : undefined),
    tree,
  )

/** Paths are shown as they are used, and not as they are written, which depends on from where. */
function isPath(schema: TSchema): boolean {
  const format = optionOf(Type.IsArray(schema) ? schema.items : schema, 'format')
  return typeof format === 'string' && /path|command/.test(format)
}

/** Where a secret lies is none: `https.tls.key` is a file. */
export function isFile(schema: TSchema): boolean {
  const format = optionOf(schema, 'format')
  return format === 'path' || format === 'optional-path'
}

function masked(value: unknown, name: string): unknown {
  if (Array.isArray(value)) return value.map((entry) => masked(entry, name))
  if (isTable(value))
    return Object.fromEntries(
      Object.entries(value).map(([key, below]) => [key, masked(below, key)]),
    )
  return isSecretName(name) && typeof value === 'string' && value !== '' ? mask : value
}
