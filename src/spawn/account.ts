/** As whom a server runs: its uid, its home folder and the names that go with them. */
import {
  accessSync,
  chmodSync,
  chownSync,
  constants,
  existsSync,
  lstatSync,
  mkdirSync,
} from 'node:fs'
import { userInfo } from 'node:os'
import path from 'node:path'
import { execa } from 'execa'
import { errorCode, HubError } from '../lib/errors.ts'
import { helperSocket } from './helper-link.ts'

export type Account = {
  readonly uid: number
  readonly gid: number
  /** What `whoami` ought to say: USER and LOGNAME. */
  readonly name: string
  readonly home: string
  readonly shell: string
  /** The uid and gid the child is given at once; absent: those of the hub. Its groups are cleared with them. */
  readonly switchTo?: { readonly uid: number; readonly gid: number }
  /** What the program is started through instead, to get the groups of a unix account. It replaces itself by the program. */
  readonly through: readonly string[]
}

export type AccountUser = { readonly id: number; readonly name: string; readonly slug: string }

export type AccountOptions = {
  readonly run_as: 'range' | 'self' | 'unix'
  readonly first_uid: number
}

export interface Accounts {
  /**
   * The account of a user; its home folder is there, its own, and closed to others.
   * @throws {HubError} Unavailable with a sentence when there is none that a server may run as.
   */
  of(user: AccountUser): Promise<Account>
}

/** Folders that only their owner can look into. */
const closed = 0o700

/** Unix keeps smaller ones for the system's own accounts. */
const firstUidOfPeople = 1000

/** 32-bit programs still take uids for signed numbers. */
const largestUid = 2 ** 31 - 1

/** @param helper the socket of the process that does root's work for the hub */
export function createAccounts(
  options: AccountOptions,
  homesDir: string,
  helper = helperSocket,
): Accounts {
  const isRoot = process.getuid?.() === 0

  const inRange = (user: AccountUser): Account => {
    const uid = options.first_uid + user.id
    if (uid > largestUid) throw unavailable('There is no uid left for this user.')
    const home = prepareHome(path.join(homesDir, user.slug), { uid, gid: uid })
    const switchTo = { uid, gid: uid }
    return { uid, gid: uid, name: user.slug, home, shell: defaultShell(), switchTo, through: [] }
  }

  const asHub = (user: AccountUser): Account => {
    if (mayConnect(helper)) throw unavailable(asPowerful)
    const own = ownAccount() ?? { username: user.slug, shell: null }
    const [uid, gid] = [process.getuid?.() ?? 0, process.getgid?.() ?? 0]
    const home = prepareHome(path.join(homesDir, user.slug), { uid, gid })
    return { uid, gid, name: own.username, home, shell: own.shell ?? defaultShell(), through: [] }
  }

  const asUnixAccount = async (user: AccountUser): Promise<Account> => {
    const account = await findUnixAccount(unixName(user))
    const own = process.getuid?.()
    if (isRoot) return { ...account, through: throughSetpriv(account) }
    if (account.uid === own) return account
    throw unavailable('Only a hub that runs as root can start servers as other unix accounts.')
  }

  return {
    async of(user) {
      if (options.run_as === 'unix') return asUnixAccount(user)
      return isRoot && options.run_as === 'range' ? inRange(user) : asHub(user)
    },
  }
}

/** Then whatever runs as the hub can ask for what only the hub should. */
function mayConnect(socket: string): boolean {
  try {
    accessSync(socket, constants.W_OK)
    return true
  } catch {
    return false
  }
}

const asPowerful =
  'On this machine servers would run as the hub itself. Set spawner.type to systemd; it gives each person an account of their own.'

const unavailable = (sentence: string, cause?: unknown): HubError =>
  new HubError('Unavailable', sentence, { cause })

/** Undefined where the hub's uid has no entry in the password database, such as in a container. */
function ownAccount(): { readonly username: string; readonly shell: string | null } | undefined {
  try {
    return userInfo()
  } catch {
    return undefined
  }
}

const defaultShell = (): string => (existsSync('/bin/bash') ? '/bin/bash' : '/bin/sh')

/** The home folders lie in a folder of the hub, so nobody else can put a link in the place of one. */
function prepareHome(home: string, owner: { uid: number; gid: number }): string {
  try {
    makeHome(home, owner)
    const found = lstatSync(home)
    if (!found.isDirectory()) throw unavailable(`The home folder ${home} is not a folder.`)
    if (found.uid !== owner.uid) throw unavailable(foreignHome(home, owner))
    if ((found.mode & 0o777) !== closed) chmodSync(home, closed)
    return home
  } catch (thrown) {
    if (thrown instanceof HubError) throw thrown
    throw unavailable(`The home folder ${home} cannot be used.`, thrown)
  }
}

function makeHome(home: string, { uid, gid }: { uid: number; gid: number }): void {
  try {
    mkdirSync(home, { mode: closed })
  } catch (thrown) {
    if (errorCode(thrown) === 'EEXIST') return
    throw thrown
  }
  chownSync(home, uid, gid)
}

/** Files are never given away by the hub itself: a tree that others wrote may hold links to anything. */
const foreignHome = (home: string, { uid, gid }: { uid: number; gid: number }): string =>
  `The home folder ${home} belongs to another uid; give it to this user: chown -R -h ${uid}:${gid} ${home}`

/** Both are unique among users: a name that unix cannot have is never a slug that another name has. */
const unixName = (user: AccountUser): string =>
  /^[a-z_][a-z0-9_.-]{0,31}$/.test(user.name) ? user.name : user.slug

/** @see getent(1); passwd(5) for the fields */
async function findUnixAccount(name: string): Promise<Account> {
  const { stdout, exitCode } = await execa('getent', ['passwd', '--', name], {
    reject: false,
    stdin: 'ignore',
  })
  const [found, , uid, gid, , home = '', shell = ''] = stdout.split(':')
  if (exitCode !== 0 || found !== name) throw unavailable(`There is no unix account ${name}.`)
  if (!(Number(uid) >= firstUidOfPeople))
    throw unavailable(`The unix account ${name} belongs to the system: no server runs as it.`)
  if (!existsSync(home))
    throw unavailable(`The home folder ${home} of the unix account ${name} does not exist.`)
  const account = { uid: Number(uid), gid: Number(gid), name, home, through: [] }
  return { ...account, shell: shell === '' ? defaultShell() : shell }
}

/** Node's own way of changing the uid clears the supplementary groups, which an account has for a reason. */
const throughSetpriv = ({ uid, gid }: Account): string[] => [
  'setpriv',
  `--reuid=${uid}`,
  `--regid=${gid}`,
  '--init-groups',
  '--',
]
