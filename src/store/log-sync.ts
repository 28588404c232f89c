/** What was committed is on the disk a moment later, without the hub standing still for it. */
import { open, stat } from 'node:fs/promises'
import { errorCode } from '../lib/errors.ts'

/** A file system notes the time of a write by its own, coarser clock. */
const coarseMs = 100

/**
 * A look at the write-ahead log of the database `file`, to be repeated: what is new in it since the one before is made
 * durable. SQLite itself does so when it moves the log into the database only.
 */
export function createLogSync(file: string, sync = syncFile): () => Promise<void> {
  const log = `${file}-wal`
  let done: { readonly writtenMs: number; readonly atMs: number } | undefined
  return async () => {
    const atMs = Date.now()
    try {
      const { mtimeMs: writtenMs } = await stat(log)
      if (done?.writtenMs === writtenMs && done.atMs - writtenMs > coarseMs) return
      await sync(log)
      done = { writtenMs, atMs }
    } catch (thrown) {
      // There is none while the database is not open, and none of one in memory.
      if (errorCode(thrown) !== 'ENOENT') throw thrown
    }
  }
}

async function syncFile(file: string): Promise<void> {
  const handle = await open(file, 'r')
  try {
    await handle.datasync()
  } finally {
    await handle.close()
  }
}
