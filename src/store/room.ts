/** Room that the database keeps of its own, so that people can log in while the disk is full. */
import { setImmediate } from 'node:timers/promises'
import { type Database } from './database.ts'

/** SQLite's own number: so long the write-ahead log gets before it is begun anew. */
const pagesOfLog = 1000

/**
 * More than that many pages, and what is written at once besides, so that the log never needs to grow; and
 * in the database itself thousands of logins.
 */
const roomBytes = 6 * 2 ** 20

/** Written in one turn of the event loop. */
const pieceBytes = 256 * 1024

/**
 * Grows database and log once, and gives the pages back to SQLite, which keeps them for what comes.
 * @throws {HubError} Unavailable on a disk that is full already.
 */
export async function keepRoom(database: Database): Promise<void> {
  // Else the log would be begun anew in the middle, and stay shorter than it may get.
  database.pragma('wal_autocheckpoint = 0')
  try {
    database.execute('create table if not exists room (filler blob not null) strict')
    for (let bytes = 0; bytes < roomBytes; bytes += pieceBytes) {
      database.execute(`insert into room values (zeroblob(${pieceBytes}))`)
      await setImmediate()
    }
  } finally {
    database.execute('drop table if exists room')
    database.pragma(`wal_autocheckpoint = ${pagesOfLog}`)
  }
  database.pragma('wal_checkpoint(restart)')
}

/** Less than half of it is left. */
export const lacksRoom = (database: Database): boolean =>
  Number(database.pragma('freelist_count')) * Number(database.pragma('page_size')) < roomBytes / 2
