/** The doctor looks at the data folder: who owns it, who may read it, whether the database is whole. */
import { accessSync, constants, statSync, type Stats } from 'node:fs'
import { join } from 'node:path'
import { asError } from '../lib/errors.ts'
import { inspectDatabase } from '../store/integrity.ts'
import { nearestFolder } from './check-machine.ts'
import { fail, ok, type Finding } from './finding.ts'

/** What nobody but the hub's own user may read. */
const privateFiles = ['littlehub.db', 'littlehub.db-wal', 'littlehub.db-shm', 'signing-key']
const privateFolders = ['logs']

export function checkDataDir(dir: string): Finding {
  const stat = statOf(dir)
  if (stat === undefined) return checkFutureDataDir(dir)
  const owner = checkOwner(dir, stat)
  if (owner !== undefined) return owner
  const exposed = [...privateFiles, ...privateFolders]
    .map((name) => join(dir, name))
    .filter((file) => ((statOf(file)?.mode ?? 0) & 0o077) !== 0)
  if (exposed.length > 0)
    return fail(
      'data folder',
      `others may read ${exposed.join(', ')}`,
      `Run: chmod go-rwx ${exposed.join(' ')}`,
    )
  return ok('data folder', dir)
}

const statOf = (file: string): Stats | undefined => statSync(file, { throwIfNoEntry: false })

function checkFutureDataDir(dir: string): Finding {
  const parent = nearestFolder(dir)
  if (isWritable(parent)) return ok('data folder', `${dir} will be made at the first start`)
  return fail(
    'data folder',
    `${dir} cannot be made: ${parent} cannot be written by this user`,
    'Choose another data_dir, or make it and give it to the user that runs the hub.',
  )
}

function checkOwner(dir: string, stat: Stats): Finding | undefined {
  if (!stat.isDirectory())
    return fail('data folder', `${dir} is no folder`, 'Choose another data_dir.')
  const me = process.getuid?.() ?? 0
  if (me !== 0 && stat.uid !== me)
    return fail(
      'data folder',
      `${dir} belongs to the user with id ${stat.uid}, and this is ${me}`,
      'Run littlehub as the user that the data belongs to.',
    )
  if (isWritable(dir)) return undefined
  return fail(
    'data folder',
    `${dir} cannot be written`,
    'Look at its permissions, and whether its file system is mounted read-only.',
  )
}

function isWritable(dir: string): boolean {
  try {
    accessSync(dir, constants.W_OK | constants.X_OK)
    return true
  } catch {
    return false
  }
}

const repair =
  'Stop the hub, keep a copy of the data folder, and go back to the newest copy of the database that is whole.'

export function checkDatabase(dir: string): Finding {
  const file = join(dir, 'littlehub.db')
  if (statOf(file) === undefined) return ok('database', 'none yet')
  try {
    const { problems, isNewer, users } = inspectDatabase(file)
    if (isNewer)
      return fail(
        'database',
        'it was written by a newer littlehub',
        'Run the newer version, or go back to a copy from before the upgrade.',
      )
    if (problems.length > 0) return fail('database', problems.slice(0, 3).join('; '), repair)
    return ok('database', `whole, ${users} user${users === 1 ? '' : 's'}`)
  } catch (thrown) {
    return fail('database', `cannot be read: ${asError(thrown).message}`, repair)
  }
}
