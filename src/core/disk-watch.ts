/** Whether a disk that the hub lives on is nearly full; administrators are told. */
import { statfsSync } from 'node:fs'
import path from 'node:path'
import { type LoadedConfig } from '../config/load.ts'
import { asError } from '../lib/errors.ts'
import { type Log } from '../lib/log.ts'
import { systemdOptionsOf } from '../spawn/systemd-options.ts'
import { type Store } from '../store/store.ts'
import { backupDirOf } from './backups.ts'

export interface DiskWatch {
  /** Looks again. Never throws. */
  look(): void
  /** For administrators; undefined: there is room. */
  readonly problem: string | undefined
}

export type DiskWatchNeeds = {
  readonly folders: readonly string[]
  readonly log: Log
  /** How many bytes there are, and how many are free. @throws when there is no such folder */
  readonly roomOf?: (folder: string) => Room
}

export type Room = { readonly totalBytes: number; readonly freeBytes: number }

/** Where the hub and people write. */
export const foldersOf = (loaded: LoadedConfig): string[] => [
  loaded.data_dir,
  systemdOptionsOf(loaded)?.homes_dir ?? path.join(loaded.data_dir, 'homes'),
  backupDirOf(loaded),
]

/** Less than both of these, and people notice within minutes. */
const fewBytes = 100 * 2 ** 20
const fewShare = 0.05

export function createDiskWatch({ folders, log, roomOf = askSystem }: DiskWatchNeeds): DiskWatch {
  let problem: string | undefined

  const problemOf = (folder: string): string | undefined => {
    try {
      const { totalBytes, freeBytes } = roomOf(folder)
      if (freeBytes >= fewBytes || freeBytes >= totalBytes * fewShare) return undefined
      return `The disk of ${folder} is full but for ${Math.floor(freeBytes / 2 ** 20)} MiB: free space there, or people lose what they cannot save.`
    } catch (thrown) {
      log.debug({ folder, error: asError(thrown) }, 'looking at a disk')
      return undefined
    }
  }

  return {
    look() {
      const found = folders.map(problemOf).find((one) => one !== undefined)
      if (found !== undefined && problem === undefined) log.error({ problem: found }, 'a full disk')
      problem = found
    },
    get problem() {
      return problem
    },
  }
}

type RoomNeeds = {
  readonly store: Pick<Store, 'keepRoom' | 'lacksRoom'>
  readonly log: Log
}

/** A hub without it works as well, as long as the disk has room. */
export async function keepRoom({ store, log }: RoomNeeds): Promise<void> {
  try {
    await store.keepRoom()
  } catch (error) {
    log.warn({ error: asError(error) }, 'no room could be kept in the database')
  }
}

/** While the disk is full there is none to be had. */
export async function lookAtDisks(needs: RoomNeeds & { readonly disks: DiskWatch }): Promise<void> {
  needs.disks.look()
  if (needs.disks.problem === undefined && needs.store.lacksRoom()) await keepRoom(needs)
}

function askSystem(folder: string): Room {
  const { bavail, blocks, bsize } = statfsSync(folder)
  return { totalBytes: blocks * bsize, freeBytes: bavail * bsize }
}
