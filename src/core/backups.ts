/** The backups that the hub makes by itself: when, how many stay, and what went wrong. */
import { readdirSync, rmSync, statSync } from 'node:fs'
import path from 'node:path'
import { type Config } from '../config/schema.ts'
import { asError, errorCode } from '../lib/errors.ts'
import { type Log } from '../lib/log.ts'
import { DAY, HOUR, type Clock } from '../lib/time.ts'
import { type Store } from '../store/store.ts'
import { knownSchema } from '../store/snapshot.ts'
import { makeBackup } from './backup.ts'

export type Kept = { readonly file: string; readonly at: Date; readonly bytes: number }

export interface Backups {
  /** Makes one when the last one is old enough, and removes those beyond `backup.keep`. Never throws. */
  keepUp(): Promise<void>
  /** Why the last try failed, for administrators; undefined: it did not. */
  readonly problem: string | undefined
}

export type BackupsNeeds = {
  readonly store: Pick<Store, 'backUp'>
  readonly config: Pick<Config, 'backup' | 'data_dir'>
  readonly configFile: string | undefined
  readonly clock: Clock
  readonly log: Log
}

/** A full disk is not full for a minute only. */
const retryMs = HOUR

export function createBackups(needs: BackupsNeeds): Backups {
  const { store, config, clock, log } = needs
  let problem: string | undefined
  let notBeforeMs = 0

  const make = async (): Promise<void> => {
    const now = clock.now()
    const file = path.join(backupDirOf(config), backupName(now))
    removeUnfinished(backupDirOf(config))
    await makeBackup(
      { file, homes: false },
      {
        ...{ dataDir: config.data_dir, configFile: needs.configFile, now },
        copyDatabase: async (to) => {
          await store.backUp(to)
          return knownSchema()
        },
      },
    )
    log.info({ file }, 'backup made')
    for (const { file: old } of listBackups(config).slice(config.backup.keep)) rmSync(old)
  }

  return {
    async keepUp() {
      const nowMs = clock.now().getTime()
      if (config.backup.every === 0 || nowMs < notBeforeMs) return
      try {
        if (!isDue(config, nowMs)) return
        await make()
        problem = undefined
      } catch (thrown) {
        problem = asError(thrown).message
        notBeforeMs = nowMs + retryMs
        log.error({ error: asError(thrown) }, 'no backup could be made')
      }
    },
    get problem() {
      return problem
    },
  }
}

/** What a hub left that was killed in the middle; a command may be writing one at this moment. */
function removeUnfinished(dir: string): void {
  for (const name of namesIn(dir).filter((each) => unfinishedName.test(each))) {
    const file = path.join(dir, name)
    const { mtimeMs } = statSync(file)
    if (Date.now() - mtimeMs > DAY) rmSync(file, { recursive: true, force: true })
  }
}

const unfinishedName = /^littlehub-\d{8}-\d{6}\.tar\.gz\.part(s-\w{6})?$/

/** One from the future is of a clock that was wrong. */
function isDue(config: BackupsNeeds['config'], nowMs: number): boolean {
  const lastMs = listBackups(config)[0]?.at.getTime() ?? 0
  return nowMs - lastMs >= config.backup.every || lastMs > nowMs
}

export const backupDirOf = ({ backup, data_dir }: BackupsNeeds['config']): string =>
  backup.dir === '' ? path.join(data_dir, 'backups') : backup.dir

/** `littlehub-20261125-201500.tar.gz`, in UTC */
export function backupName(at: Date): string {
  const digits = at.toISOString().replace(/\D/g, '')
  return `littlehub-${digits.slice(0, 8)}-${digits.slice(8, 14)}.tar.gz`
}

const ownName = /^littlehub-(\d{4})(\d\d)(\d\d)-(\d\d)(\d\d)(\d\d)\.tar\.gz$/

/** Newest first; files with other names are not touched by anything here. */
export function listBackups(config: BackupsNeeds['config']): Kept[] {
  const dir = backupDirOf(config)
  return namesIn(dir)
    .filter((name) => ownName.test(name))
    .sort()
    .reverse()
    .map((name) => {
      const file = path.join(dir, name)
      const at = new Date(name.replace(ownName, '$1-$2-$3T$4:$5:$6Z'))
      return { file, at, bytes: statSync(file).size }
    })
}

function namesIn(dir: string): string[] {
  try {
    return readdirSync(dir)
  } catch (thrown) {
    if (errorCode(thrown) === 'ENOENT') return []
    throw thrown
  }
}
