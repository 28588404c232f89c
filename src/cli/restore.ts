/** `littlehub restore` */
import { chmodSync, chownSync, copyFileSync, rmSync, statSync } from 'node:fs'
import path from 'node:path'
import { findRunningHub, lockDataDir, prepareDataDir } from '../config/data-dir.ts'
import { loadConfig, type LoadedConfig } from '../config/load.ts'
import { pluginSchemas } from '../context.ts'
import { unpackAccountHomes, type PreparedHomes } from '../core/account-homes.ts'
import { partNames } from '../core/backup-manifest.ts'
import {
  finishRestore,
  putInPlace,
  unpackBackup,
  unpackHomes,
  unpackingDir,
  type Place,
  type Unpacked,
} from '../core/restore.ts'
import { asError, ConfigError, conflict, HubError } from '../lib/errors.ts'
import { systemClock } from '../lib/time.ts'
import { systemdOptionsOf } from '../spawn/systemd-options.ts'
import { createUnixAccounts } from '../spawn/unix-accounts.ts'
import { hubOptions, operandOf, UsageError, type Call, type Command } from './command.ts'
import { settingsOf, sourcesOf } from './settings.ts'
import { leaveToOwner } from './with-context.ts'

export const restore: Command = {
  name: 'restore',
  summary: 'Put a backup in the place of what is there; the hub must not run.',
  details: [
    'It is checked as a whole before anything is changed. What was there stays beside it, as *.before-restore-TIME.',
    'Files of people are given to the uids that people have on this machine; accounts that are missing are made.',
  ],
  operands: ['FILE'],
  options: {
    'dry-run': { type: 'boolean', help: 'Check it, say what would be done, and change nothing.' },
    homes: { type: 'boolean', help: 'Also the files of people, if they are in it.' },
    'keep-config': { type: 'boolean', help: 'Leave the configuration of this machine as it is.' },
    yes: { type: 'boolean', help: 'Do not ask.' },
    ...hubOptions,
  },
  async run(call) {
    const file = path.resolve(operandOf(call))
    const settings = settingsOf(call)
    const { data_dir: dataDir } = settings
    prepareDataDir(dataDir)
    if (call.isSet('dry-run')) return check(call, { file, dataDir })
    const lock = lockOrRefuse(dataDir)
    try {
      finishRestore(dataDir)
      return await restoreFrom(call, { file, settings })
    } finally {
      finishRestore(dataDir)
      lock.release()
      await leaveToOwner(dataDir)
    }
  },
}

/** Held until all is done, so that no hub starts in the middle. */
function lockOrRefuse(dataDir: string): { release(): void } {
  try {
    return lockDataDir(dataDir)
  } catch (thrown) {
    if (findRunningHub(dataDir) === undefined) throw thrown
    throw conflict(
      `A hub runs on ${dataDir}. Stop it first; the installed one by: systemctl stop littlehub.socket littlehub.service`,
      thrown,
    )
  }
}

type Backup = { readonly file: string; readonly dataDir: string }

async function check(call: Call, { file, dataDir }: Backup): Promise<number> {
  const dir = `${unpackingDir(dataDir)}.${process.pid}`
  try {
    sayFound(call, await unpackBackup(file, dir))
    if (findRunningHub(dataDir) !== undefined) call.terminal.say('A hub runs here: stop it first.')
    call.terminal.say('Nothing was changed.')
    return 0
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

function sayFound({ terminal, isSet }: Call, { manifest, users }: Unpacked): void {
  const homes = Object.keys(manifest.homes).length + Object.keys(manifest.accounts ?? {}).length
  terminal.say(
    `A backup of ${manifest.machine}, made ${manifest.made_at} by littlehub ${manifest.littlehub}: ${users} user${users === 1 ? '' : 's'}, the files of ${homes}.`,
  )
  if (homes > 0 && !isSet('homes')) terminal.say('The files of people stay out, without --homes.')
  if (homes === 0 && isSet('homes')) terminal.say('The files of people are not in it.')
}

type Wish = { readonly file: string; readonly settings: LoadedConfig }

async function restoreFrom(call: Call, { file, settings }: Wish): Promise<number> {
  const { data_dir: dataDir } = settings
  const found = await unpackBackup(file, unpackingDir(dataDir))
  sayFound(call, found)
  const suffix = `.before-restore-${systemClock.now().toISOString().replace(/\D/g, '').slice(0, 14)}`
  const config = prepareConfig(call, found, settings)
  let homes = noHomes
  try {
    if (!(await isMeant(call, dataDir))) return 1
    if (call.isSet('homes'))
      homes = await withHomes(call, found, { file, suffix, settings: config?.loaded ?? settings })
    const manifest = call.isSet('homes') ? found.manifest : { ...found.manifest, homes: {} }
    putOrExplain(
      { ...found, manifest },
      { dataDir, suffix, moves: homes.moves, ...(config && { config: config.place }) },
    )
    call.terminal.say(`It is in place. What was there before ends in ${suffix}`)
    return 0
  } finally {
    homes.finish()
    if (config !== undefined) rmSync(config.place.from, { force: true })
  }
}

const noHomes: PreparedHomes = { moves: [], finish: () => undefined }

async function isMeant(call: Call, dataDir: string): Promise<boolean> {
  if (call.isSet('yes')) return true
  const answer = await call.terminal.ask(`Put it in the place of what is in ${dataDir}? [y/N] `)
  if (answer === undefined) throw new UsageError('Nobody can be asked here: add --yes.', 'restore')
  if (/^y(es)?$/i.test(answer.trim())) return true
  call.terminal.say('Nothing was changed.')
  return false
}

/** @param wish with the settings that hold afterwards */
async function withHomes(
  { terminal }: Call,
  unpacked: Unpacked,
  { file, suffix, settings }: Wish & { readonly suffix: string },
): Promise<PreparedHomes> {
  const systemd = systemdOptionsOf(settings)
  const has = Object.keys(unpacked.manifest.accounts ?? {}).length > 0
  try {
    await unpackHomes(file, unpacked, { firstUid: firstUidOf(settings) })
    if (systemd && has) {
      const accounts = createUnixAccounts(systemd)
      const needs = { accounts, homesDir: systemd.homes_dir, suffix }
      return await unpackAccountHomes(file, unpacked, needs)
    }
  } catch (thrown) {
    throw unchanged('The files of people could not be unpacked', thrown)
  }
  if (has)
    terminal.say(
      'The files in it are of unix accounts: without spawner.type systemd they stay out.',
    )
  return noHomes
}

function putOrExplain(unpacked: Unpacked, place: Place): void {
  try {
    putInPlace(unpacked, place)
  } catch (thrown) {
    throw unchanged('It could not be put in place', thrown)
  }
}

const unchanged = (what: string, thrown: unknown): HubError =>
  new HubError('Unavailable', `${what}: ${asError(thrown).message}. Everything is as it was.`, {
    cause: thrown,
  })

/** Where the hub gives each person a uid of their own. */
function firstUidOf({ pluginOptions: { spawner } }: LoadedConfig): number | undefined {
  if (process.getuid?.() !== 0 || typeof spawner !== 'object' || spawner === null) return undefined
  if (!('run_as' in spawner) || spawner.run_as !== 'range') return undefined
  return 'first_uid' in spawner ? Number(spawner.first_uid) : undefined
}

type Prepared = {
  readonly place: NonNullable<Place['config']>
  readonly loaded: LoadedConfig
}

/**
 * The configuration of the backup, beside the one that it is to replace: there its relative paths mean what they will.
 * @throws {HubError} Conflict when it does not hold on this machine.
 */
function prepareConfig(
  call: Call,
  { dir, manifest }: Unpacked,
  { file, data_dir: dataDir }: LoadedConfig,
): Prepared | undefined {
  if (file === undefined || call.isSet('keep-config') || !('config.yaml' in manifest.parts)) return
  const from = `${file}.restore-${process.pid}`
  copyFileSync(path.join(dir, partNames.config), from)
  const like = statSync(file, { throwIfNoEntry: false })
  if (like) {
    chownSync(from, like.uid, like.gid)
    chmodSync(from, like.mode & 0o777)
  }
  try {
    const loaded = loadConfig({ ...sourcesOf(call), file: from }, pluginSchemas)
    if (loaded.data_dir !== dataDir)
      throw conflict(
        `The configuration in it has its data in ${loaded.data_dir}, not in ${dataDir}. Restore with --keep-config, or name that folder with --data.`,
      )
    return { place: { from, to: file }, loaded }
  } catch (thrown) {
    rmSync(from, { force: true })
    if (!(thrown instanceof ConfigError)) throw thrown
    const what = thrown.message.replaceAll(from, 'config.yaml')
    throw conflict(
      `The configuration in it does not hold on this machine. Restore with --keep-config.\n${what}`,
    )
  }
}
