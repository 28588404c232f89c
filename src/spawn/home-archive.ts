/** A home folder that is put away: all of it in one file, or still where it was. */
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { asError, HubError } from '../lib/errors.ts'
import { eachName, pack } from '../lib/tar.ts'

/** Where archives are kept. @param dir of what the spawner keeps */
export const archiveIn = (dir: string, name: string): string => path.join(dir, 'archives', name)

/**
 * Packs `home` into the new file `file` (`.tar.gz`, for its owner only); the folder itself stays.
 * @returns false when there is no such home.
 * @throws {HubError} Unavailable, with no file: a full disk, a file that cannot be read, a file that is there already.
 */
export async function packHome(home: string, file: string): Promise<boolean> {
  if (!existsSync(home)) return false
  const unfinished = `${file}.new`
  try {
    if (existsSync(file)) throw new Error('it is there already')
    mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 })
    // Made beforehand: tar keeps the mode of a file that is there.
    writeFileSync(unfinished, '', { mode: 0o600 })
    await pack(unfinished, [{ dir: path.dirname(home), names: [`./${path.basename(home)}`] }])
    await eachName(unfinished, () => undefined)
    renameSync(unfinished, file)
    return true
  } catch (thrown) {
    if (existsSync(unfinished)) rmSync(unfinished)
    const why = asError(thrown).message
    throw new HubError('Unavailable', `${home} could not be archived to ${file}: ${why}`, {
      cause: thrown,
    })
  }
}
