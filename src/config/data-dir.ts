/** The data folder: made, checked, and held by one hub at a time. */
import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { asError, ConfigError, errorCode } from '../lib/errors.ts'
import { isRunning, startTimeOf } from '../lib/process.ts'

/** Folders inside. Servers that run as other unix users pass through to their homes; nobody lists them. */
const folders = { homes: 0o711, logs: 0o700 }
const ownMode = 0o711

/**
 * Makes the folder and what lies in it, with the right modes.
 * @throws {ConfigError} when it is no folder or cannot be written.
 */
export function prepareDataDir(dir: string): void {
  try {
    prepareFolder(dir, ownMode)
    for (const [name, mode] of Object.entries(folders)) prepareFolder(join(dir, name), mode)
  } catch (thrown) {
    throw refusal(dir, reasonOf(thrown))
  }
}

function prepareFolder(dir: string, mode: number): void {
  makeFolder(dir)
  if ((statSync(dir).mode & 0o777) !== mode) chmodSync(dir, mode)
  accessSync(dir, constants.W_OK | constants.X_OK)
}

function makeFolder(dir: string): void {
  try {
    mkdirSync(dir, { recursive: true })
  } catch (thrown) {
    // Node says so of a read-only file system, too; whoever may not write above it says why.
    if (errorCode(thrown) === 'ENOENT') accessSync(nearestFolder(dir), constants.W_OK)
    throw thrown
  }
}

const nearestFolder = (dir: string): string =>
  existsSync(dir) || dirname(dir) === dir ? dir : nearestFolder(dirname(dir))

const refusal = (dir: string, sentence: string): ConfigError =>
  new ConfigError([{ source: dir, key: 'data_dir', sentence }])

const reasons: Readonly<Record<string, string>> = {
  EEXIST: 'is a file, not a folder.',
  ENOTDIR: 'lies below a file, not a folder.',
  EACCES: 'cannot be written: its permissions do not allow it.',
  EPERM: 'belongs to another user; give it to the user that runs the hub.',
  EROFS: 'cannot be written: its file system is read-only.',
  ENOSPC: 'cannot be made: the disk is full.',
}

const reasonOf = (thrown: unknown): string =>
  reasons[errorCode(thrown) ?? ''] ?? `cannot be used: ${asError(thrown).message}`

/** Which process holds a data folder. A pid alone is not enough: it may belong to another program by now. */
type Holder = { readonly pid: number; readonly startTime: string }

const pidFile = (dir: string): string => join(dir, 'hub.pid')

/**
 * Makes this process the only hub on the folder, until it releases it or ends, however it ends.
 * The lock is the kernel's, which frees it with the process; `hub.pid` only says who holds it.
 * @throws {ConfigError} when another hub holds it.
 */
export function lockDataDir(dir: string): { release(): void } {
  const file = join(dir, 'hub.lock')
  const lock = takeLock(file, dir)
  try {
    chmodSync(file, 0o600)
    const holder: Holder = { pid: process.pid, startTime: startTimeOf(process.pid) ?? '' }
    // Anew: one that another account has left could not be written to.
    rmSync(pidFile(dir), { force: true })
    writeFileSync(pidFile(dir), `${JSON.stringify(holder)}\n`, { mode: 0o600 })
  } catch (thrown) {
    lock.close()
    throw refusal(dir, reasonOf(thrown))
  }
  return { release: () => release(lock, dir) }
}

/** Node has no flock of its own; SQLite's exclusive transaction takes the same kind of lock and writes nothing. */
function takeLock(file: string, dir: string): DatabaseSync {
  let lock: DatabaseSync | undefined
  try {
    lock = new DatabaseSync(file)
    lock.exec('begin exclusive')
    return lock
  } catch (thrown) {
    lock?.close()
    throw isLocked(thrown) ? heldByAnother(dir) : refusal(dir, reasonOf(thrown))
  }
}

/** SQLITE_BUSY */
const isLocked = (thrown: unknown): boolean =>
  thrown instanceof Error && 'errcode' in thrown && thrown.errcode === 5

function heldByAnother(dir: string): ConfigError {
  const hub = findRunningHub(dir)
  const who = hub === undefined ? 'another hub' : `a hub with process id ${hub.pid}`
  return refusal(dir, `is in use by ${who}; stop that one first, or choose another data_dir.`)
}

function release(lock: DatabaseSync, dir: string): void {
  if (!lock.isOpen) return
  rmSync(pidFile(dir), { force: true })
  lock.close()
}

/** The hub that runs on this data folder, or undefined. One that was killed, or a reused pid, isn't taken for it. */
export function findRunningHub(dir: string): { readonly pid: number } | undefined {
  const holder = readHolder(dir)
  if (holder === undefined || !isRunning(holder.pid, holder.startTime)) return undefined
  return { pid: holder.pid }
}

function readHolder(dir: string): Holder | undefined {
  try {
    const holder: unknown = JSON.parse(readFileSync(pidFile(dir), 'utf8'))
    return isHolder(holder) ? holder : undefined
  } catch {
    return undefined
  }
}

const isHolder = (value: unknown): value is Holder =>
  typeof value === 'object' &&
  value !== null &&
  'pid' in value &&
  Number.isSafeInteger(value.pid) &&
  'startTime' in value &&
  typeof value.startTime === 'string'
