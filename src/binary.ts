/** The first code of the executable: lays out the files it carries, once for each build, and runs the program in them. */
import { chmodSync, lstatSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire, enableCompileCache } from 'node:module'
import { homedir, tmpdir, userInfo } from 'node:os'
import path from 'node:path'
import sea from 'node:sea'

/** What the executable carries: files by their path, and a text that is another for every build. */
export interface Carried {
  readonly build: string
  list(): readonly string[]
  read(name: string): Uint8Array
}

/** Of the bundle, in the place of the source file that finds the others from where it lies: `lib/program.ts`. */
export const bundlePath = 'src/lib/littlehub.mjs'

/**
 * @param homes folders in which the files may lie; the first that can be written to is taken
 * @returns the folder: nobody else can write to it, or read it
 */
export function layOut(carried: Carried, homes: readonly string[]): string {
  const problems: string[] = []
  for (const home of homes)
    try {
      return layOutIn(path.join(home, carried.build), carried)
    } catch (thrown) {
      problems.push(`${home}: ${thrown instanceof Error ? thrown.message : String(thrown)}`)
    }
  throw new Error(`no folder for the files of this program can be used: ${problems.join('; ')}`)
}

/** Complete or not there at all: it gets its name when the last file is written. */
function layOutIn(dir: string, carried: Carried): string {
  const home = path.dirname(dir)
  mkdirSync(home, { recursive: true, mode: 0o700 })
  requirePrivate(home)
  if (isThere(dir)) return dir
  const unfinished = `${dir}.${process.pid}`
  rmSync(unfinished, { recursive: true, force: true })
  for (const name of carried.list()) {
    const file = path.join(unfinished, name)
    mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 })
    writeFileSync(file, carried.read(name), { mode: 0o600, flush: true })
  }
  chmodSync(unfinished, 0o700)
  try {
    renameSync(unfinished, dir)
  } catch (thrown) {
    // Another start of the same program was quicker.
    rmSync(unfinished, { recursive: true, force: true })
    if (!isThere(dir)) throw thrown
  }
  return dir
}

const isThere = (dir: string): boolean => lstatSync(dir, { throwIfNoEntry: false }) !== undefined

/** What is in there is run. @throws when somebody else may have put it there. */
function requirePrivate(dir: string): void {
  const { uid, mode } = lstatSync(dir)
  const isPrivate = uid === userInfo().uid && (mode & 0o170077) === 0o040000
  if (!isPrivate) throw new Error('it belongs to somebody else or is open to others')
}

const homes = (): string[] => [
  path.join(homedir(), '.cache', 'littlehub'),
  path.join(tmpdir(), `littlehub-${userInfo().uid}`),
]

function run(): void {
  const build = sea.getAsset('build', 'utf8')
  const carried: Carried = {
    build,
    list: () => sea.getAssetKeys().filter((key) => key !== 'build'),
    read: (name) => new Uint8Array(sea.getRawAsset(name)),
  }
  const dir = layOut(carried, homes())
  // Compiling all of it anew would be the longest part of every command.
  enableCompileCache(path.join(dir, 'compiled'))
  const main = path.join(dir, bundlePath)
  createRequire(main)(main)
}

if (sea.isSea()) run()
