/** The configuration: defaults < file < environment < flags, or one error that lists every problem. */
import { dirname, resolve } from 'node:path'
import { type TSchema } from 'typebox'
import { ConfigError, type ConfigProblem } from '../lib/errors.ts'
import { crossCheck } from './cross-check.ts'
import { decode, isSecretKey, isTable, type Fault, type Path } from './decode.ts'
import { readDocument, type ConfigDocument } from './document.ts'
import { readEnvironment, readFlags, type Override, type Texts } from './overrides.ts'
import { renamedFaults, withoutRenamed } from './renamed.ts'
import { type Config } from './schema.ts'
import { cryptKeyVariable } from './secrets.ts'
import { listSettings, wholeSchema, type PluginSchemas } from './sections.ts'

export type ConfigSources = {
  readonly file?: string | undefined
  /** Whether a missing file is a problem: somebody named it. */
  readonly fileRequired?: boolean
  /** What is taken for the text of the file, to see whether it would do. */
  readonly text?: string
  readonly env: Texts
  /** By dotted key: `data_dir`, `session.idle_timeout`. */
  readonly flags: Texts
}

export type LoadedConfig = Config & {
  /** Absolute; undefined when none was named. */
  readonly file: string | undefined
  /** The section of the chosen type, decoded: durations are milliseconds, sizes bytes, paths absolute. */
  readonly pluginOptions: { readonly auth: unknown; readonly spawner: unknown }
  /** What the environment says about the keys of auth state; no setting, so that it is never shown or written down. */
  readonly cryptKeys: string
  /** Sentences about what works, but should not stay so. */
  readonly warnings: readonly string[]
}

/** The environment of this process. */
export const processEnvironment = (): Texts => process.env

/**
 * Paths in the file are relative to its folder, those in the environment and in flags to the working directory.
 * @throws {ConfigError} with every problem there is.
 */
export function loadConfig(sources: ConfigSources, plugins: PluginSchemas): LoadedConfig {
  const schema = wholeSchema(plugins)
  const file = sources.file === undefined ? undefined : resolve(sources.file)
  const document = readDocument(file, sources.fileRequired ?? false, sources.text)
  const overrides = [...readEnvironment(sources.env, schema), ...readFlags(sources.flags, schema)]
  const dir = file === undefined ? resolve('.') : dirname(file)

  const alone = check(schema, document.written, dir)
  const merged = check(schema, overrides.reduce(withOverride, document.written), dir)
  const crossed = crossCheck(merged.config, plugins, merged.faults)
  const problems = [
    ...document.problems,
    // By itself as well: a fault in the file stays one while something else overrides it.
    ...alone.faults.filter(({ isMissing }) => !isMissing).map((fault) => inFile(fault, document)),
    ...[...merged.faults, ...crossed]
      .filter((fault) => !isOfUnusedPlugin(fault, merged.config, plugins))
      .map((fault) => located(fault, document, overrides)),
  ]
  if (problems.length > 0) throw new ConfigError(withoutRepetition(problems))
  return {
    ...split(merged.config, plugins),
    cryptKeys: sources.env[cryptKeyVariable] ?? '',
    file,
    warnings: warningsAbout(document),
  }
}

type Checked = {
  /** Has holes where there are faults. */
  readonly config: Config
  readonly faults: readonly Fault[]
}

function check(schema: TSchema, written: unknown, dir: string): Checked {
  const renamed = renamedFaults(written)
  const faults: Fault[] = []
  const keys = listSettings(schema).map(({ key }) => key)
  const config = decode(schema, written, { at: [], dir, keys, faults })
  return {
    config: (config ?? {}) as Config,
    faults: [...renamed, ...withoutRenamed(faults, renamed)],
  }
}

/** A new tree with the override's value in its place. */
export function withOverride(
  written: unknown,
  { at, value }: Pick<Override, 'at' | 'value'>,
): unknown {
  const [key, ...rest] = at
  if (key === undefined) return value
  const table = isTable(written) ? written : {}
  const below = Object.hasOwn(table, key) ? table[key] : undefined
  return { ...table, [key]: withOverride(below, { at: rest, value }) }
}

/** Only the chosen plug-in has to be complete. */
function isOfUnusedPlugin(fault: Fault, config: Config, plugins: PluginSchemas): boolean {
  const [section, name = ''] = fault.at
  if (!fault.isMissing || (section !== 'auth' && section !== 'spawner')) return false
  return Object.hasOwn(plugins[section], name) && name !== config[section].type
}

function located(
  fault: Fault,
  document: ConfigDocument,
  overrides: readonly Override[],
): ConfigProblem {
  const override = overrides.findLast(
    ({ at }) => beginsWith(at, fault.at) || beginsWith(fault.at, at),
  )
  if (override === undefined) return inFile(fault, document)
  return { source: override.source, key: keyOf(fault.at), sentence: fault.sentence }
}

const beginsWith = (path: Path, beginning: Path): boolean =>
  beginning.every((part, index) => String(path[index]) === String(part))

function inFile({ at, sentence }: Fault, document: ConfigDocument): ConfigProblem {
  const line = document.lineOf(at)
  const problem = { source: document.source, key: keyOf(at), sentence }
  return line === undefined ? problem : { ...problem, line }
}

/** `spawner.cmd[0]` */
function keyOf(at: Path): string {
  const key = at.map((part) => (typeof part === 'number' ? `[${part}]` : `.${part}`)).join('')
  return key.replace(/^\./, '') || 'settings'
}

function withoutRepetition(problems: readonly ConfigProblem[]): ConfigProblem[] {
  return [...new Map(problems.map((problem) => [JSON.stringify(problem), problem])).values()]
}

function split(
  config: Config,
  plugins: PluginSchemas,
): Omit<LoadedConfig, 'cryptKeys' | 'file' | 'warnings'> {
  const { auth, spawner } = config
  return {
    ...config,
    admin_users: [...new Set([...config.admin_users, ...config.users.admin])],
    auth: without(auth, plugins.auth),
    spawner: without(spawner, plugins.spawner),
    pluginOptions: {
      auth: Reflect.get(auth, auth.type) as unknown,
      spawner: Reflect.get(spawner, spawner.type) as unknown,
    },
  }
}

function without<Section extends object>(section: Section, names: object): Section {
  const entries = Object.entries(section).filter(([key]) => !Object.hasOwn(names, key))
  return Object.fromEntries(entries) as Section
}

function warningsAbout({ isPublic, written, source }: ConfigDocument): string[] {
  if (!isPublic) return []
  return secretsIn(written, []).map(
    (at) => `${source} can be read by everybody and holds ${keyOf(at)}; run: chmod 600 ${source}`,
  )
}

function secretsIn(written: unknown, at: Path): Path[] {
  if (Array.isArray(written))
    return written.flatMap((entry, index) => secretsIn(entry, [...at, index]))
  if (!isTable(written)) return []
  return Object.entries(written).flatMap(([key, value]) => {
    const here = [...at, key]
    if (typeof value !== 'string') return secretsIn(value, here)
    return value !== '' && isSecretKey(key) ? [here] : []
  })
}
