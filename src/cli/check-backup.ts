/** The doctor looks at the backups that the hub makes. */
import { statSync } from 'node:fs'
import path from 'node:path'
import { type LoadedConfig } from '../config/load.ts'
import { backupDirOf, listBackups } from '../core/backups.ts'
import { asError } from '../lib/errors.ts'
import { HOUR } from '../lib/time.ts'
import { ok, warn, type Finding } from './finding.ts'
import { inTable, sizeInWords } from './words.ts'

type Settings = Pick<LoadedConfig, 'backup' | 'data_dir'>

const howTo = 'Make one by littlehub backup, and keep a copy on another machine.'

export function checkBackup(settings: Settings, now: Date): Finding {
  const dir = backupDirOf(settings)
  try {
    const [last] = listBackups(settings)
    if (last === undefined) return checkNone(settings, now)
    const found = `the last one is of ${inTable(last.at)} (${sizeInWords(last.bytes)}), in ${dir}`
    const { every } = settings.backup
    if (every === 0 || now.getTime() - last.at.getTime() < 2 * every + HOUR)
      return ok('backup', found)
    return warn('backup', found, `The log of the hub says why there is no newer one. ${howTo}`)
  } catch (thrown) {
    return warn('backup', `${dir} cannot be read: ${asError(thrown).message}`, howTo)
  }
}

/** A hub that has just begun has had no time for one. */
function checkNone({ data_dir, backup }: Settings, now: Date): Finding {
  const database = statSync(path.join(data_dir, 'littlehub.db'), { throwIfNoEntry: false })
  if (database === undefined || now.getTime() - database.birthtimeMs < HOUR)
    return ok('backup', 'none yet')
  const why = backup.every === 0 ? ', and the hub makes none by itself (backup.every is 0s)' : ''
  return warn('backup', `there is none${why}`, howTo)
}
