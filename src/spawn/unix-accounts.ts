/** Unix accounts of this machine that the hub makes: one per user, with a home folder and groups. */
import { createHash } from 'node:crypto'
import { chmodSync, existsSync, lstatSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { execa } from 'execa'
import { HubError } from '../lib/errors.ts'
import { createKeyedLock } from '../lib/lock.ts'
import { packHome } from './home-archive.ts'

export type UnixUser = {
  readonly id: number
  readonly name: string
  readonly slug: string
  readonly admin: boolean
}

export type UnixAccount = {
  readonly name: string
  readonly uid: number
  readonly gid: number
  readonly home: string
  readonly shell: string
}

export type UnixAccountSettings = {
  readonly account_prefix: string
  readonly homes_dir: string
  readonly shell: string
  readonly groups: readonly string[]
  readonly extra_groups: Readonly<Record<string, readonly string[]>>
  readonly admin_sudo: boolean
}

export interface UnixAccounts {
  /**
   * The account of a user, made when it is not there, with the groups it ought to have now.
   * @throws {HubError} Unavailable with a sentence when there is none that a server may run as.
   */
  ensure(user: UnixUser): Promise<UnixAccount>
  /** Groups as they ought to be now, if there is an account; `locked`: nothing can begin as it any more, such as by ssh or cron. */
  adjust(user: UnixUser, change: { readonly locked: boolean }): Promise<void>
  /**
   * Packs the home into `file` and removes it with the account. @returns false when the user has none.
   * @throws {HubError} Unavailable with nothing removed.
   */
  archive(user: Omit<UnixUser, 'admin'>, file: string): Promise<boolean>
  /** The account that servers of this user run as, or would; undefined when there is none. */
  find(user: Pick<UnixUser, 'id' | 'slug'>): Promise<UnixAccount | undefined>
  /**
   * The same, made when it is not there; `locked` as in `adjust`. Its groups are left to its first server.
   * @throws {HubError} Unavailable as `ensure`
   */
  make(
    user: Pick<UnixUser, 'id' | 'slug'>,
    how: { readonly locked: boolean },
  ): Promise<{ readonly account: UnixAccount; readonly isNew: boolean }>
  /** Deletes the account with its home, if it is this user's: for one that was only tried out. */
  remove(user: Pick<UnixUser, 'id' | 'slug'>): Promise<void>
}

/** Members may become root. */
const adminGroup = 'littlehub-admins'

/** The longest that useradd takes. */
const longestName = 32
const hashLength = 12

/** Unix keeps smaller ones for the system's own accounts. */
const firstUidOfPeople = 1000

/** In the comment field: whose account it is, so that nobody inherits one from an earlier user of the same name. */
export const markOf = (user: Pick<UnixUser, 'id'>): string => `littlehub user ${user.id}`
const anyMark = /^littlehub user \d+$/

/** An unlocked account never expires; a locked one did on the day after the beginning of time. @see usermod(8) */
const expiry = { locked: '1', open: '' } as const

export function createUnixAccounts(settings: UnixAccountSettings): UnixAccounts {
  const lock = createKeyedLock()
  const nameOf = (user: Pick<UnixUser, 'slug'>): string =>
    unixName(settings.account_prefix, user.slug)

  const create = async (user: Pick<UnixUser, 'id'>, name: string): Promise<void> => {
    const home = path.join(settings.homes_dir, name)
    const words = ['--create-home', '--user-group', `--home-dir=${home}`, '--key', 'UMASK=0077']
    await run('useradd', [
      ...[...words, '--key', 'HOME_MODE=0700', `--shell=${settings.shell}`],
      ...[`--comment=${markOf(user)}`, '--', name],
    ])
  }

  /** Made by this hub's machine before the hub: of TheLittlestJupyterHub, or by hand. */
  const takeOver = async (user: Pick<UnixUser, 'id'>, found: Entry): Promise<void> => {
    if (found.comment === markOf(user)) return
    if (anyMark.test(found.comment)) throw foreign(found.name, markOf(user))
    if (settings.account_prefix !== '')
      await run('usermod', [`--comment=${markOf(user)}`, '--', found.name])
  }

  const own = async (user: Pick<UnixUser, 'id' | 'slug'>) => {
    const name = nameOf(user)
    const isNew = !(await find(name))
    if (isNew) await create(user, name)
    const found = await find(name)
    if (!found) throw unavailable(`The unix account ${name} could not be made.`)
    if (!(found.uid >= firstUidOfPeople))
      throw unavailable(`The unix account ${name} belongs to the system: no server runs as it.`)
    await takeOver(user, found)
    return { found, isNew }
  }

  const wantedGroups = (user: UnixUser): string[] => [
    ...settings.groups,
    ...Object.keys(settings.extra_groups).filter((group) =>
      settings.extra_groups[group]?.includes(user.name),
    ),
    ...(user.admin && settings.admin_sudo ? [adminGroup] : []),
  ]

  /** Those that this hub has to do with; other groups of an account are its own. */
  const adjustGroups = async (user: UnixUser, name: string): Promise<void> => {
    const wanted = new Set(wantedGroups(user))
    const managed = new Set([...Object.keys(settings.extra_groups), adminGroup])
    const current = new Set(await groupsOf(name))
    for (const group of wanted) if (!current.has(group)) await join(name, group)
    for (const group of managed)
      if (current.has(group) && !wanted.has(group)) await run('gpasswd', ['-d', name, group])
  }

  return {
    ensure: (user) =>
      lock.run('accounts', async () => {
        const { found } = await own(user)
        checkHome(found)
        await adjustGroups(user, found.name)
        await run('usermod', [`--expiredate=${expiry.open}`, '--', found.name])
        return { ...found, shell: found.shell || settings.shell }
      }),

    adjust: (user, { locked }) =>
      lock.run('accounts', async () => {
        const found = await find(nameOf(user))
        if (found?.comment !== markOf(user)) return
        await adjustGroups(user, found.name)
        if (locked) await run('usermod', [`--expiredate=${expiry.locked}`, '--', found.name])
      }),

    archive: (user, file) =>
      lock.run('accounts', async () => {
        const found = await find(nameOf(user))
        if (found?.comment !== markOf(user) || !(await packHome(found.home, file))) return false
        await run('userdel', ['--remove', '--', found.name])
        return true
      }),

    async find(user) {
      const found = await find(nameOf(user))
      if (!found || !(found.uid >= firstUidOfPeople)) return undefined
      return found.comment === markOf(user) || !anyMark.test(found.comment) ? found : undefined
    },

    make: (user, { locked }) =>
      lock.run('accounts', async () => {
        const { found, isNew } = await own(user)
        if (locked) await run('usermod', [`--expiredate=${expiry.locked}`, '--', found.name])
        return { account: found, isNew }
      }),

    remove: (user) =>
      lock.run('accounts', async () => {
        const found = await find(nameOf(user))
        if (found?.comment === markOf(user)) await run('userdel', ['--remove', '--', found.name])
      }),
  }
}

/** Different slugs have different names; one that is too long is cut, and its hash says which it was. */
export function unixName(prefix: string, slug: string): string {
  const whole = prefix + slug
  if (whole.length <= longestName) return whole
  const hash = createHash('sha256').update(slug).digest('hex').slice(0, hashLength)
  return `${whole.slice(0, longestName - hashLength - 1)}-${hash}`
}

type Entry = UnixAccount & { readonly comment: string }

/** @see passwd(5) */
async function find(name: string): Promise<Entry | undefined> {
  const { stdout } = await execa('getent', ['passwd', '--', name], silent)
  const [found, , uid, gid, comment = '', home = '', shell = ''] = stdout.split(':')
  if (found !== name) return undefined
  return { name, uid: Number(uid), gid: Number(gid), comment, home, shell }
}

const silent = { stdin: 'ignore', reject: false } as const

async function groupsOf(name: string): Promise<string[]> {
  const { stdout } = await execa('id', ['--name', '--groups', '--', name], silent)
  return stdout.split(' ')
}

async function join(name: string, group: string): Promise<void> {
  await run('groupadd', ['--force', '--', group])
  if (group === adminGroup) letBecomeRoot()
  await run('gpasswd', ['-a', name, group])
}

/** @see sudoers(5) */
function letBecomeRoot(): void {
  const file = `/etc/sudoers.d/${adminGroup}`
  if (!existsSync(path.dirname(file)))
    throw unavailable('Administrators cannot be given sudo: the package sudo is not installed.')
  writeFileSync(file, `%${adminGroup} ALL=(ALL:ALL) NOPASSWD: ALL\n`, { mode: 0o440 })
}

/** A home that others may look into is closed to them; what its owner lets their group see stays. */
function checkHome({ name, uid, home }: Entry): void {
  const found = lstatSync(home, { throwIfNoEntry: false })
  if (!found?.isDirectory())
    throw unavailable(`The home folder ${home} of the unix account ${name} does not exist.`)
  if (found.uid !== uid)
    throw unavailable(
      `The home folder ${home} belongs to another account; give it to this one: chown -R -h ${name}: ${home}`,
    )
  if ((found.mode & 0o007) !== 0) chmodSync(home, found.mode & 0o770)
}

const unavailable = (sentence: string, cause?: unknown): HubError =>
  new HubError('Unavailable', sentence, { cause })

const foreign = (name: string, mark: string): HubError =>
  unavailable(
    `The unix account ${name} and its home folder belong to an earlier user. An admin can give them to this one (usermod -c "${mark}" ${name}) or take them away (userdel).`,
  )

async function run(program: string, words: readonly string[]): Promise<void> {
  const { failed, stderr, shortMessage } = await execa(program, words, silent)
  if (failed)
    throw unavailable(
      'The unix account could not be prepared. The log of the hub says why.',
      new Error(`${shortMessage ?? program} ${stderr}`),
    )
}
