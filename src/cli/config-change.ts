/** One change of the configuration file: checked as a whole, shown, put in place, applied, and taken back when that fails. */
import { existsSync } from 'node:fs'
import path, { resolve } from 'node:path'
import { findRunningHub } from '../config/data-dir.ts'
import { readConfigFile } from '../config/document.ts'
import { explainSettings, type Explained } from '../config/explain.ts'
import { loadConfig, type LoadedConfig } from '../config/load.ts'
import { replaceFile } from '../config/replace-file.ts'
import { pluginSchemas } from '../context.ts'
import { asError, ConfigError, errorCode, HubError } from '../lib/errors.ts'
import { checkFiles } from '../web/own-files.ts'
import { httpsSocket, unitFolders } from './check-units.ts'
import { UsageError, type Call } from './command.ts'
import { reloadHub, type ReloadOutcome } from './running-hub.ts'
import { fileOf, sourcesOf } from './settings.ts'
import { withContextOf } from './with-context.ts'

/** @throws {UsageError} when none was named. */
export function requireFile(call: Call): string {
  const file = fileOf(call)
  if (file === undefined)
    throw new UsageError('Which file? Name it with --config FILE, or in LITTLEHUB_CONFIG.')
  return file
}

/** The text of the file; nothing when there is none yet. */
export function textOf(file: string): string {
  try {
    return readConfigFile(file)
  } catch (thrown) {
    if (errorCode(thrown) === 'ENOENT') return ''
    throw new HubError('Unavailable', `${file} cannot be read: ${asError(thrown).message}`)
  }
}

/** @throws {ConfigError} with everything that is wrong with this text in the place of the file. */
export function checkText(call: Call, text: string): LoadedConfig {
  const config = loadConfig({ ...sourcesOf(call), text }, pluginSchemas)
  const warnings = [...config.warnings, ...checkFiles(config)]
  return { ...config, warnings }
}

/**
 * Puts `text` in the place of the file and has a running hub apply it.
 * @throws {ConfigError} with the file untouched. @throws {HubError} with the file as it was before.
 */
export async function changeFile(call: Call, text: string): Promise<void> {
  const file = requireFile(call)
  const before = textOf(file)
  if (text === before) {
    call.terminal.say('Nothing changes.')
    return
  }
  const after = checkText(call, text)
  const settings = settingsBefore(call, before) ?? after
  for (const line of describeChanges(call, before, text)) call.terminal.print(line)
  const hub = findRunningHub(settings.data_dir)
  replaceFile(file, text)
  if (hub === undefined) {
    call.terminal.say('No hub runs on this data; its next start applies it.')
    return
  }
  try {
    await tellHub(call, hub.pid, settings)
    for (const line of socketHint(settings, after)) call.terminal.say(line)
  } catch (thrown) {
    throw await takenBack(call, { file, before, pid: hub.pid, settings, thrown })
  }
}

/** Where systemd holds the port, it goes on holding it. */
function socketHint(before: LoadedConfig, after: LoadedConfig): string[] {
  const isOver = before.https.enabled && !after.https.enabled
  if (!isOver || !existsSync(path.join(unitFolders.installed, httpsSocket))) return []
  return [
    `${httpsSocket} still holds port ${before.https.port}, where nobody answers any more. Let it go: systemctl disable --now ${httpsSocket}`,
  ]
}

/** Those that hold; undefined when the file is of no use, and is being mended. */
function settingsBefore(call: Call, text: string): LoadedConfig | undefined {
  try {
    return loadConfig({ ...sourcesOf(call), text }, pluginSchemas)
  } catch (thrown) {
    if (thrown instanceof ConfigError) return undefined
    throw thrown
  }
}

type Failure = {
  readonly file: string
  readonly before: string
  readonly pid: number
  readonly settings: LoadedConfig
  readonly thrown: unknown
}

/** The hub may have applied it before it failed, so it is told of the old file as well. */
async function takenBack(call: Call, failure: Failure): Promise<HubError> {
  const { file, before, pid, settings, thrown } = failure
  replaceFile(file, before)
  await withContextOf(call, settings, (context) => reloadHub(pid, context)).catch(() => undefined)
  const reason = asError(thrown).message
  return new HubError('Conflict', `${reason}\nThe file is as it was before.`, { cause: thrown })
}

/** Has the running hub read its configuration again, and says what came of it. @throws {HubError} Unavailable */
export async function tellHub(call: Call, pid: number, settings: LoadedConfig): Promise<void> {
  const outcome = await withContextOf(call, settings, (context) => reloadHub(pid, context))
  for (const line of describeOutcome(call, outcome)) call.terminal.say(line)
}

function describeOutcome(call: Call, outcome: ReloadOutcome | undefined): string[] {
  if (!outcome)
    return ['The hub was told to read its settings again. Its log says what came of it.']
  const { applied, needsRestart, file } = outcome
  const ours = sourcesOf(call).file
  return [
    applied.length === 0 ? 'The hub had nothing to apply.' : `Applied: ${applied.join(', ')}.`,
    ...(needsRestart.length === 0
      ? []
      : [`Needs a restart of the hub: ${needsRestart.join(', ')}.`]),
    ...(ours === undefined || file === resolve(ours)
      ? []
      : [`But the running hub reads ${file ?? 'no file at all'}, not ${ours}.`]),
  ]
}

/** `cull.timeout: 1h → 2h (applied at once)`, for every setting that is another one. */
function describeChanges(call: Call, before: string, after: string): string[] {
  const old = new Map(explainedOrNone(call, before).map(({ key, value }) => [key, shown(value)]))
  return explainedOrNone(call, after)
    .filter(({ key, value }) => old.get(key) !== shown(value))
    .map(({ key, value, live }) => {
      const when = live ? 'applied at once' : 'needs a restart'
      return `${key}: ${old.get(key) ?? '?'} → ${shown(value)} (${when})`
    })
}

function explainedOrNone(call: Call, text: string): Explained[] {
  try {
    return explainSettings({ ...sourcesOf(call), text }, pluginSchemas)
  } catch {
    return []
  }
}

/** As it would be written on one line. */
export const shown = (value: unknown): string =>
  typeof value === 'string' ? (value === '' ? "''" : value) : JSON.stringify(value ?? null)
