/** Copies a database while the hub goes on: to write all of it, and to wait for the disk, is too long for its event loop. */
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'

/** Packages are looked for from where this module is, which is another place in the executable. */
const program = `
const { createRequire } = require('node:module')
const { workerData } = require('node:worker_threads')
require('node:os').setPriority(workerData.nice)
const Database = createRequire(workerData.here)('better-sqlite3')
const database = new Database(workerData.from, { readonly: true, fileMustExist: true, timeout: 5000 })
database.prepare('vacuum into ?').run(workerData.to)
database.close()`

/** Of this thread alone (`setpriority(2)`, "C library/kernel differences"): nobody waits for a copy. */
const nice = 19

/** It needs no more than its own code. */
const resourceLimits = { maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 2 }

/**
 * The database as it is at this moment, whatever is written meanwhile.
 * @param to a new or an empty file
 * @throws {Error} SQLite's own.
 */
export async function copyInThread(from: string, to: string): Promise<void> {
  const workerData = { here: import.meta.url, nice, from, to }
  await once(new Worker(program, { eval: true, workerData, resourceLimits }), 'exit')
}
