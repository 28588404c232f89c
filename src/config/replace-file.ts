/** A file replaced in one step: whoever reads it gets the old one or the new one, whatever happens meanwhile. */
import {
  chmodSync,
  chownSync,
  closeSync,
  copyFileSync,
  fsyncSync,
  lstatSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  type Stats,
} from 'node:fs'
import { randomBytes } from 'node:crypto'
import { dirname } from 'node:path'
import { asError, HubError } from '../lib/errors.ts'

/** Of a new file: it may hold secrets. */
const privateMode = 0o600

/** Where `replaceFile` keeps the version before. */
const backupOf = (file: string): string => `${file}.bak`

/**
 * Mode and owner stay, a symbolic link stays one, and the version before is kept beside it as `.bak`.
 * @throws {HubError} Unavailable; the file is as it was.
 */
export function replaceFile(file: string, text: string): void {
  try {
    const target = lstatSync(file, { throwIfNoEntry: false }) ? realpathSync(file) : file
    const before = statSync(target, { throwIfNoEntry: false })
    if (before) place(backupOf(target), before, (passing) => copyFileSync(target, passing))
    place(target, before, (passing) => writeFileSync(passing, text, { mode: privateMode }))
  } catch (thrown) {
    throw new HubError('Unavailable', `${file} cannot be written: ${asError(thrown).message}`, {
      cause: thrown,
    })
  }
}

/** Made whole under a passing name, on the disk, and then named. */
function place(file: string, like: Stats | undefined, make: (passing: string) => void): void {
  const passing = `${file}.${randomBytes(4).toString('hex')}`
  try {
    make(passing)
    if (like) {
      chownSync(passing, like.uid, like.gid)
      chmodSync(passing, like.mode & 0o777)
    }
    sync(passing)
    renameSync(passing, file)
    sync(dirname(file))
  } finally {
    rmSync(passing, { force: true })
  }
}

function sync(file: string): void {
  const descriptor = openSync(file, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}
