/** Makes a backup: one archive with everything that makes this hub this hub. */
import { chmodSync, copyFileSync, existsSync, lstatSync, mkdirSync, mkdtempSync } from 'node:fs'
import { open, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import path from 'node:path'
import { asError, HubError } from '../lib/errors.ts'
import { pack } from '../lib/tar.ts'
import { version } from '../lib/version.ts'
import { peopleOf, type Person } from '../store/snapshot.ts'
import { describedHomes, packedHomes, type AccountHome } from './account-homes.ts'
import { accountsFolder, manifestName, partNames, sumOf, type Manifest } from './backup-manifest.ts'

export type BackupNeeds = {
  readonly dataDir: string
  /** Absent: there is none. */
  readonly configFile: string | undefined
  readonly now: Date
  /** Writes a complete copy of the database. @returns its schema. */
  readonly copyDatabase: (to: string) => number | Promise<number>
  /** Those of people with unix accounts, when homes are wanted. Absent: they have none. */
  readonly accountHomes?: (
    people: ReadonlyMap<string, Person>,
  ) => readonly AccountHome[] | Promise<readonly AccountHome[]>
}

/** Where it is to lie, and whether the files of people are in it as well. */
export type BackupWish = { readonly file: string; readonly homes: boolean }

/**
 * Complete or not there at all, and for its owner only.
 * @throws {HubError} Conflict when `file` is there, Unavailable with the reason.
 */
export async function makeBackup(wish: BackupWish, needs: BackupNeeds): Promise<Manifest> {
  if (existsSync(wish.file)) throw new HubError('Conflict', `${wish.file} is there already.`)
  const partial = `${wish.file}.part`
  let work: string | undefined
  try {
    makeFolder(path.dirname(wish.file))
    // Beside the archive: where it has room, its parts have.
    work = mkdtempSync(`${wish.file}.parts-`)
    const collected = await collect(work, { ...needs, homes: wish.homes })
    await write(partial, { work, ...collected, dataDir: needs.dataDir })
    await rename(partial, wish.file)
    return collected.manifest
  } catch (thrown) {
    await rm(partial, { force: true })
    const { message } = causeOf(asError(thrown))
    const sentence = `The backup could not be written to ${wish.file}: ${message}`
    throw new HubError('Unavailable', sentence, { cause: thrown })
  } finally {
    if (work !== undefined) await rm(work, { recursive: true, force: true })
  }
}

/** The one above it is there, or what is written to it would be on the wrong disk. */
function makeFolder(dir: string): void {
  if (!existsSync(dir)) mkdirSync(dir, { mode: 0o700 })
}

/** What the store says is for people in a browser. */
const causeOf = (error: Error): Error => (error.cause instanceof Error ? error.cause : error)

async function collect(
  work: string,
  needs: BackupNeeds & { readonly homes: boolean },
): Promise<Pick<Collected, 'manifest' | 'accountHomes'>> {
  const schema = await needs.copyDatabase(path.join(work, partNames.database))
  const { signingKey, authStateKeys, config } = partNames
  copyPart(path.join(needs.dataDir, signingKey), path.join(work, signingKey))
  copyPart(path.join(needs.dataDir, authStateKeys), path.join(work, authStateKeys))
  if (needs.configFile !== undefined) copyPart(needs.configFile, path.join(work, config))
  const names = await readdir(work)
  const wanted = needs.homes ? needs.accountHomes : undefined
  const accountHomes = (await wanted?.(peopleOf(path.join(work, partNames.database)))) ?? []
  const sums = await Promise.all(names.map((name) => sumOf(path.join(work, name))))
  const manifest = {
    format: 1,
    littlehub: version,
    schema,
    made_at: needs.now.toISOString(),
    machine: hostname(),
    parts: Object.fromEntries(names.map((name, index) => [name, sums[index]])),
    homes: needs.homes ? await homesIn(path.join(needs.dataDir, 'homes')) : {},
    ...(wanted && { accounts: describedHomes(accountHomes) }),
  } as Manifest
  await writeFile(path.join(work, manifestName), JSON.stringify(manifest, undefined, 2))
  return { manifest, accountHomes }
}

function copyPart(from: string, to: string): void {
  if (!existsSync(from)) return
  copyFileSync(from, to)
  chmodSync(to, 0o600)
}

/** What else lies there, such as homes that a restore put aside, belongs to nobody any more. */
async function homesIn(dir: string): Promise<Record<string, number>> {
  if (!existsSync(dir)) return {}
  const names = (await readdir(dir)).filter((name) => /^[a-z0-9-]{1,31}$/.test(name))
  return Object.fromEntries(
    names
      .map((name) => ({ name, stat: lstatSync(path.join(dir, name)) }))
      .filter(({ stat }) => stat.isDirectory())
      .map(({ name, stat }) => [name, stat.uid]),
  )
}

type Collected = {
  readonly work: string
  readonly manifest: Manifest
  readonly dataDir: string
  readonly accountHomes: readonly AccountHome[]
}

async function write(file: string, collected: Collected): Promise<void> {
  const { work, manifest, dataDir, accountHomes } = collected
  const handle = await open(file, 'w', 0o600)
  try {
    await handle.chmod(0o600)
    const homes = Object.keys(manifest.homes).map((name) => `homes/${name}`)
    const packed = [
      { dir: work, names: [manifestName, ...Object.keys(manifest.parts)] },
      { dir: path.resolve(dataDir), names: homes },
      ...packedHomes(accountHomes),
    ]
    await pack(file, packed, { under: accountsFolder })
    await handle.sync()
  } finally {
    await handle.close()
  }
}
