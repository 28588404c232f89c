/** Puts a backup in the place of what is there: checked as a whole first, and complete or not there at all. */
import { existsSync, lstatSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import { applyMoves, finishMoves, type Move } from '../config/moves.ts'
import { asError, conflict, invalidInput } from '../lib/errors.ts'
import { giveTo } from '../lib/ownership.ts'
import { eachName, unpack } from '../lib/tar.ts'
import { inspectDatabase } from '../store/integrity.ts'
import { knownSchema, peopleOf, schemaOf } from '../store/snapshot.ts'
import {
  checkParts,
  manifestName,
  parseManifest,
  partNames,
  type Manifest,
} from './backup-manifest.ts'

/** Where a restore unpacks: on the disk on which it is to be. */
export const unpackingDir = (dataDir: string): string => path.join(dataDir, 'restore.part')

/** For whoever holds the data folder: does the rest of a restore that was interrupted, or clears it away. */
export function finishRestore(dataDir: string): void {
  finishMoves(dataDir)
  rmSync(unpackingDir(dataDir), { recursive: true, force: true })
}

export type Unpacked = { readonly dir: string; readonly manifest: Manifest; readonly users: number }

const isOfPeople = /^(?:homes\/(?:[a-z0-9-]{1,31}\/|$)|accounts\/(?:[a-z_][a-z0-9_-]{0,31}\/|$))/

/** Nothing else is unpacked, so that no archive of somebody else puts files where they do not belong. */
const isOurs = (name: string): boolean =>
  [manifestName, ...Object.values(partNames)].includes(name) ||
  (isOfPeople.test(name) && !name.split('/').includes('..'))

/**
 * Unpacks into the new folder `dir`, and looks at everything but the files of people, which are only read.
 * @throws {HubError} InvalidInput, Conflict with a sentence when it cannot be restored here.
 */
export async function unpackBackup(file: string, dir: string): Promise<Unpacked> {
  const names = await namesIn(file)
  if (!names.includes(manifestName)) throw invalidInput(`${file} is no backup of littlehub.`)
  mkdirSync(dir, { mode: 0o700 })
  await unpack(file, dir, { names, owners: false })
  for (const name of names)
    if (!lstatSync(path.join(dir, name)).isFile())
      throw invalidInput(`${file} is no backup of littlehub.`)
  const manifest = parseManifest(readFileSync(path.join(dir, manifestName), 'utf8'))
  await checkParts(dir, manifest)
  return { dir, manifest, users: checkDatabase(path.join(dir, partNames.database), manifest) }
}

/** @returns those of the hub's own parts. */
async function namesIn(file: string): Promise<string[]> {
  const own: string[] = []
  let foreign: string | undefined
  try {
    await eachName(file, (name) => {
      if (!isOurs(name)) foreign = name
      else if (!isOfPeople.test(name)) own.push(name)
    })
  } catch (thrown) {
    throw invalidInput(
      `${file} is no backup, or it is damaged or cut off: ${asError(thrown).message}`,
      thrown,
    )
  }
  if (foreign !== undefined) throw invalidInput(`${file} is no backup of littlehub.`)
  return own
}

/** @returns how many users it has. */
function checkDatabase(file: string, { littlehub }: Manifest): number {
  const [schema, known] = [schemaOf(file), knownSchema()]
  if (schema > known)
    throw conflict(
      `This backup is of littlehub ${littlehub}, which is newer (its schema is ${schema}, this version knows ${known}). Install that version first. Nothing was changed.`,
    )
  const { problems, users } = inspectDatabase(file)
  if (problems.length > 0) throw invalidInput(`Its database is damaged: ${problems.join('; ')}`)
  return users
}

export type Homes = {
  /** The first uid of people, where the hub gives each a uid of their own; absent: names and numbers stay as they are. */
  readonly firstUid: number | undefined
}

/** Unpacks the files of people, and gives them to whom they belong on this machine. @throws {Error} */
export async function unpackHomes(file: string, unpacked: Unpacked, homes: Homes): Promise<void> {
  const { dir, manifest } = unpacked
  const names = Object.keys(manifest.homes)
  if (names.length === 0) return
  await unpack(file, dir, {
    names: names.map((name) => `homes/${name}`),
    owners: process.getuid?.() === 0,
  })
  if (homes.firstUid === undefined) return
  const people = peopleOf(path.join(dir, partNames.database))
  for (const name of names) {
    const id = people.get(name)?.id
    if (id === undefined) continue
    const uid = homes.firstUid + id
    await giveTo(path.join(dir, 'homes', name), { uid, gid: uid })
  }
}

export type Place = {
  readonly dataDir: string
  /** Where the unpacked configuration lies, on the disk on which it is to lie. Absent: the present one stays. */
  readonly config?: { readonly from: string; readonly to: string }
  /** Behind the name of what was there before. */
  readonly suffix: string
  /** Of the files that lie elsewhere. */
  readonly moves?: readonly Move[]
}

/** @throws {Error} when it is not possible; everything is as it was then. */
export function putInPlace({ dir, manifest }: Unpacked, place: Place): void {
  const { dataDir, config, suffix, moves = [] } = place
  const move = (name: string): Move => {
    const to = path.join(dataDir, name)
    return { from: path.join(dir, name), to, aside: `${to}${suffix}` }
  }
  const database = path.join(dataDir, partNames.database)
  // SQLite looks for these beside the database, under its name: they go with the old one, before the new one comes.
  const logs = ['-wal', '-shm'].map((log) => ({
    to: `${database}${log}`,
    aside: `${database}${suffix}${log}`,
  }))
  const keys = [partNames.signingKey, partNames.authStateKeys]
  const homes = Object.keys(manifest.homes).filter((name) =>
    existsSync(path.join(dir, 'homes', name)),
  )
  applyMoves(dataDir, [
    ...(config ? [{ ...config, aside: `${config.to}${suffix}` }] : []),
    ...keys.filter((name) => name in manifest.parts).map(move),
    ...homes.map((name) => move(`homes/${name}`)),
    ...moves,
    ...logs,
    move(partNames.database),
  ])
}
