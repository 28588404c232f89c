/** The files of people with unix accounts, in a backup and on the machine where it is restored. */
import { existsSync, mkdirSync, rmSync } from 'node:fs'
import path from 'node:path'
import { type Move } from '../config/moves.ts'
import { conflict } from '../lib/errors.ts'
import { giveTo } from '../lib/ownership.ts'
import { unpack, type Packed } from '../lib/tar.ts'
import { type UnixAccount, type UnixAccounts } from '../spawn/unix-accounts.ts'
import { peopleOf, type Person } from '../store/snapshot.ts'
import { accountsFolder, partNames, type Manifest } from './backup-manifest.ts'
import { type Unpacked } from './restore.ts'

export type AccountHome = { readonly slug: string; readonly account: UnixAccount }

/**
 * Those that are there.
 * @throws {HubError} Conflict when two would get the same name in the archive.
 */
export async function listAccountHomes(
  accounts: Pick<UnixAccounts, 'find'>,
  people: ReadonlyMap<string, Person>,
): Promise<AccountHome[]> {
  const homes: AccountHome[] = []
  for (const person of people.values()) {
    const account = await accounts.find(person)
    if (!account || !existsSync(account.home)) continue
    if (path.basename(account.home) !== account.name)
      throw conflict(
        `The home folder of ${account.name} is ${account.home}, which is not called as the account is: copy the files of people by other means.`,
      )
    homes.push({ slug: person.slug, account })
  }
  return homes
}

/** What is packed, to be called with `under: accountsFolder`. */
export const packedHomes = (homes: readonly AccountHome[]): Packed[] =>
  homes.map(({ account: { home } }) => ({
    dir: path.dirname(home),
    names: [`./${path.basename(home)}`],
  }))

export const describedHomes = (homes: readonly AccountHome[]): NonNullable<Manifest['accounts']> =>
  Object.fromEntries(homes.map(({ slug, account: { name, uid } }) => [slug, { name, uid }]))

export type HomesNeeds = {
  readonly accounts: Pick<UnixAccounts, 'make'>
  /** Where homes are: they are unpacked beside, and then only renamed. */
  readonly homesDir: string
  readonly suffix: string
}

export type PreparedHomes = {
  readonly moves: readonly Move[]
  /** Clears away what was only in between, and the empty homes of accounts that were made. */
  finish(): void
}

const stageIn = (homesDir: string): string => path.join(homesDir, '.littlehub-restore.part')

/**
 * Makes the accounts that are missing, unpacks the files, and gives them to the uids that people have here.
 * @throws {HubError} Unavailable: an account of somebody else. @throws {Error} a full disk.
 */
export async function unpackAccountHomes(
  file: string,
  { dir, manifest }: Unpacked,
  { accounts, homesDir, suffix }: HomesNeeds,
): Promise<PreparedHomes> {
  const stage = stageIn(homesDir)
  const asides: string[] = []
  const moves: Move[] = []
  const finish = (): void => {
    for (const left of [stage, ...asides]) rmSync(left, { recursive: true, force: true })
  }
  rmSync(stage, { recursive: true, force: true })
  mkdirSync(stage, { recursive: true, mode: 0o700 })
  try {
    const people = peopleOf(path.join(dir, partNames.database))
    const made = new Map<string, UnixAccount>()
    for (const slug of Object.keys(manifest.accounts ?? {})) {
      const person = people.get(slug)
      if (!person) continue
      const { account, isNew } = await accounts.make(person, { locked: person.disabled })
      made.set(slug, account)
      if (isNew) asides.push(account.home + suffix)
    }
    // Now tar finds the accounts by their names.
    const homes = Object.entries(manifest.accounts ?? {}).flatMap(([slug, { name }]) => {
      const account = made.get(slug)
      return account ? [{ name: `${accountsFolder}/${name}`, account }] : []
    })
    const names = homes.map(({ name }) => name)
    if (names.length > 0) await unpack(file, stage, { names, owners: true })
    for (const { name, account } of homes) {
      const from = path.join(stage, name)
      await giveTo(from, account)
      moves.push({ from, to: account.home, aside: account.home + suffix })
    }
    return { moves, finish }
  } catch (thrown) {
    finish()
    throw thrown
  }
}
