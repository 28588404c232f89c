/** What SQLite's errors mean to the person concerned. */
import { asError, conflict, errorCode, HubError } from '../lib/errors.ts'

const unwritable =
  'The disk of this hub is full or cannot be written. Nothing was lost; an administrator has to free space.'
const busy = 'The database of this hub is busy. Try again in a moment.'
const taken = 'This already exists, or belongs to something that is gone.'

/** A busy database is free again when another process (a backup, a command) has finished its write. */
const busyRetrySeconds = 2

const diskTroubles = ['SQLITE_FULL', 'SQLITE_IOERR', 'SQLITE_READONLY', 'SQLITE_CANTOPEN']
const fileTroubles = ['ENOSPC', 'EDQUOT', 'EIO', 'EROFS', 'EACCES', 'EPERM', 'ENOENT', 'ENOTDIR']

/** Those that another user's deed can cause. A violated `check` or type is a fault of this program and stays one. */
const collisions = [
  'SQLITE_CONSTRAINT_UNIQUE',
  'SQLITE_CONSTRAINT_PRIMARYKEY',
  'SQLITE_CONSTRAINT_FOREIGNKEY',
]

/** Runs `work`. @throws {HubError} Conflict or Unavailable in the place of SQLite's and the file system's own errors. */
export function guarded<Result>(work: () => Result): Result {
  try {
    return work()
  } catch (thrown) {
    throw translated(thrown)
  }
}

/** The same for work that takes its time. */
export async function guardedTurns<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (thrown) {
    throw translated(thrown)
  }
}

function translated(thrown: unknown): Error {
  const code = errorCode(thrown) ?? ''
  const begins = (prefix: string): boolean => code === prefix || code.startsWith(`${prefix}_`)
  if (thrown instanceof HubError) return thrown
  if (collisions.includes(code)) return conflict(taken, thrown)
  if (diskTroubles.some(begins) || fileTroubles.includes(code))
    return new HubError('Unavailable', unwritable, { cause: thrown })
  if (begins('SQLITE_BUSY') || begins('SQLITE_LOCKED'))
    return new HubError('Unavailable', busy, {
      cause: thrown,
      retryAfterSeconds: busyRetrySeconds,
    })
  return asError(thrown)
}

/** Runs `work`; when it collides with what is there, the person reads `message`. @throws {HubError} Conflict */
export function orConflict<Result>(message: string, work: () => Result): Result {
  try {
    return work()
  } catch (thrown) {
    if (thrown instanceof HubError && thrown.code === 'Conflict') throw conflict(message, thrown)
    throw thrown
  }
}
