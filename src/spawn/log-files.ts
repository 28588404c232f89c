/** The log file of each server: kept short while the server writes as much as it likes. */
import { closeSync, fchownSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs'
import { open, truncate, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { errorCode } from '../lib/errors.ts'
import { type Log } from '../lib/log.ts'
import { SECOND } from '../lib/time.ts'

/**
 * A program writes straight into its file, which it keeps when the hub ends. Nothing stands between to stop it at a
 * size, so the hub looks after the size: what is over the bound moves to a second file, which is replaced the next time.
 */
export interface LogFiles {
  /** Opens the file for a new run and begins to watch its size. The caller closes the descriptor. */
  open(slug: string, owner: { readonly uid: number; readonly gid: number }): number
  /** Where the log of a server is. */
  file(slug: string): string
  /** Watches the size of a file whose server was started by an earlier hub. */
  watch(slug: string): void
  /** Makes the file short once more, then leaves it alone. */
  release(slug: string): Promise<void>
  /** The last lines of the last run. */
  tail(slug: string, lines: number): Promise<string[]>
  remove(slug: string): void
}

export type LogFilesNeeds = {
  readonly dir: string
  /** Of each of a server's two files. */
  readonly maxBytes: number
  readonly log: Log
}

/** How often sizes are looked at, and how soon again when one was over its bound: it may be filling the disk. */
const lookEveryMs = SECOND
const lookAgainMs = SECOND / 20

/** More than the longest tail anybody asks for. */
const tailBytes = 64 * 1024

/** Where a run begins. */
const runMark = '--- littlehub starts this server '

export function createLogFiles({ dir, maxBytes, log }: LogFilesNeeds): LogFiles {
  const watched = new Set<string>()
  let timer: NodeJS.Timeout | undefined

  const current = (slug: string): string => path.join(dir, `${checked(slug)}.log`)
  const older = (slug: string): string => `${current(slug)}.old`

  /** @returns whether it was too long. */
  const shorten = async (slug: string): Promise<boolean> => {
    const end = await readEnd(current(slug), { longerThan: maxBytes, bytes: maxBytes })
    if (end === undefined) return false
    await writeFile(older(slug), end.bytes, { mode: 0o600 })
    await truncate(current(slug))
    return true
  }

  const look = async (): Promise<void> => {
    let nextMs = lookEveryMs
    for (const slug of watched) {
      try {
        if (await shorten(slug)) nextMs = lookAgainMs
      } catch (error) {
        // A disk without room for the second file: the first one must not grow all the same.
        await truncate(current(slug)).catch(() => undefined)
        log.warn({ error, server: slug }, 'shortening the log of a server')
      }
    }
    timer = undefined
    if (watched.size > 0) lookIn(nextMs)
  }

  /** Unreferenced: it keeps no process alive that has nothing else to do. */
  const lookIn = (ms: number): void => {
    timer ??= setTimeout(() => void look(), ms).unref()
  }

  const watch: LogFiles['watch'] = (slug) => {
    watched.add(slug)
    lookIn(lookEveryMs)
  }

  return {
    watch,
    file: current,
    open(slug, { uid, gid }) {
      mkdirSync(dir, { recursive: true, mode: 0o700 })
      const descriptor = openSync(current(slug), 'a', 0o600)
      try {
        // Owned by the server, or /dev/stderr, which opens the file anew, would be closed to it.
        fchownSync(descriptor, uid, gid)
        writeSync(descriptor, `${runMark}${new Date().toISOString()}\n`)
      } catch (thrown) {
        closeSync(descriptor)
        throw thrown
      }
      watch(slug)
      return descriptor
    },
    async release(slug) {
      if (watched.delete(slug)) await shorten(slug)
    },
    async tail(slug, lines) {
      const ends = await Promise.all(
        [older(slug), current(slug)].map((file) => readEnd(file, { bytes: tailBytes })),
      )
      return lastLines(joined(ends), lines)
    },
    remove(slug) {
      watched.delete(slug)
      for (const file of [current(slug), older(slug)]) rmSync(file, { force: true })
    },
  }
}

/** Slugs come from our own rules; a name of a file is checked all the same. */
function checked(slug: string): string {
  if (!/^[a-z0-9][a-z0-9.-]*$/.test(slug)) throw new Error('not a slug')
  return slug
}

type End = { readonly bytes: Buffer; readonly isWhole: boolean }

/** The last bytes of a file; undefined when there is none, or when it is not longer than asked. */
async function readEnd(
  file: string,
  { longerThan = 0, bytes }: { longerThan?: number; bytes: number },
): Promise<End | undefined> {
  const handle = await open(file, 'r').catch((thrown: unknown) => {
    if (errorCode(thrown) === 'ENOENT') return undefined
    throw thrown
  })
  if (handle === undefined) return undefined
  try {
    const { size } = await handle.stat()
    if (size <= longerThan) return undefined
    const length = Math.min(size, bytes)
    const buffer = Buffer.alloc(length)
    const { bytesRead } = await handle.read(buffer, 0, length, size - length)
    return { bytes: buffer.subarray(0, bytesRead), isWhole: length === size }
  } finally {
    await handle.close()
  }
}

/** Between the older file and the current one nothing is missing, unless the current one was cut. */
function joined([older, current]: (End | undefined)[]): string {
  return current?.isWhole === false ? textOf(current) : textOf(older) + textOf(current)
}

/** Without the line that the cut went through: half a secret is not recognised as one. */
function textOf(end: End | undefined): string {
  const text = end?.bytes.toString('utf8') ?? ''
  return end?.isWhole === false ? text.slice(text.indexOf('\n') + 1) : text
}

function lastLines(text: string, lines: number): string[] {
  const begin = text.lastIndexOf(runMark)
  const ofRun = begin < 0 ? text : text.slice(text.indexOf('\n', begin) + 1)
  return ofRun.trimEnd().split('\n').filter(isNotEmpty).slice(-lines)
}

const isNotEmpty = (line: string): boolean => line.trim() !== ''
